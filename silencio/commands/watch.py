"""`silencio watch`: whether to train again, and why."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at
from silencio.errors import GateRefused, SilencioError, WrongUse
from silencio.logs import complain

if TYPE_CHECKING:
    from silencio.monitoring.act import Action
    from silencio.steps.house import House
    from silencio.steps.watch import Outlook

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def watch(
    experiment: Experiment = "demo",
    workspace: Workspace = Here,
    changes: Changes = None,
    act: Annotated[
        bool, typer.Option("--act", help="Start the training, unless it is too soon or runs.")
    ] = False,
    every: Annotated[
        str | None, typer.Option(help="Look again after so long, such as 10m or 6h, until Ctrl-C.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object a line.")] = False,
) -> None:
    """Say whether to train again, and why; exit code 0 if so, 1 if the champion stays.

    With --act, the code says whether a training was started.

    Example: silencio watch demo --act --every 10m
    """
    pause = None if every is None else seconds(every)
    said_yes = _once(experiment, workspace, changes, act, as_json)
    try:
        while pause is not None:
            time.sleep(pause)
            try:
                said_yes = _once(experiment, workspace, changes, act, as_json)
            except SilencioError as error:
                # A registry that is away for a while must not end the watching.
                complain(error)
    except KeyboardInterrupt:
        return
    if not said_yes:
        raise typer.Exit(GateRefused.exit_code)


def _once(experiment: str, workspace: Path, changes: list[str] | None, act: bool, as_json: bool) -> bool:
    """Whether there is a reason to train; with `act`, whether a training was started."""
    house = house_at(experiment, workspace, changes)
    outlook = _look(house)
    action = _act(house, outlook, experiment, changes or []) if act else None
    _say(house, outlook, action, as_json)
    return action.started if action else outlook.retrain


def seconds(text: str) -> float:
    """From 90s, 10m, 6h or 1d."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if not found or not float(found[1]):
        raise WrongUse(f"--every {text} is no time.", "Write a number and s, m, h or d: --every 10m.")
    return float(found[1]) * SECONDS[found[2]]


def _look(house: "House") -> "Outlook":
    from silencio.steps.watch import look
    from silencio.terminal import bar

    with bar("watch") as tell:
        return look(house, tell=tell)


def _act(house: "House", outlook: "Outlook", experiment: str, changes: list[str]) -> "Action":
    from silencio.serving.process import silencio_command
    from silencio.steps.watch import act

    usual = ["pipeline", "run", experiment, "--workspace", str(house.workspace.root)]
    usual += [word for change in changes for word in ("--set", change)]
    return act(house, outlook, house.experiment.monitoring.act or silencio_command(*usual))


def _say(house: "House", outlook: "Outlook", action: "Action | None", as_json: bool) -> None:
    import json

    from silencio.steps.watch import report

    page = report(house, outlook)
    if as_json:
        did = {"did": action.did.value, "said": action.said} if action else None
        print(json.dumps({**outlook.to_json(), "report": str(page), "action": did}), flush=True)
        return
    said = [reason.sentence for reason in outlook.reasons]
    print("\n".join(["retrain:", *said]) if said else "nothing new: the champion stays", flush=True)
    if outlook.listened.unknown:
        print(f"drift: not known, {outlook.listened.unknown}")
    else:
        print(f"drift: {page}")
    if action:
        print(action.said, flush=True)
