"""`silencio watch`: whether to train again, and why."""

import re
import time
from dataclasses import dataclass
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
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the training that --act starts, and end as it ends.")
    ] = False,
    every: Annotated[
        str | None, typer.Option(help="Look again after so long, such as 10m or 6h, until Ctrl-C.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as one JSON object a line.")] = False,
    outputs: Annotated[
        Path | None,
        typer.Option(help="Add retrain= and trained= (true or false) to this file; then no is no exit code."),
    ] = None,
) -> None:
    """Say whether to train again, and why; exit code 0 if so, 1 if the champion stays.

    With --act, the code says whether a training was started; with --wait, how it ended.

    Example: silencio watch demo --act --every 10m
    """
    if wait and not act:
        raise WrongUse("--wait waits for what --act starts.", "Add --act, or leave --wait out.")
    pause = None if every is None else seconds(every)
    asked = Asked(experiment, workspace, changes or [], act, wait, as_json, outputs)
    code = _once(asked)
    try:
        while pause is not None:
            time.sleep(pause)
            try:
                code = _once(asked)
            except SilencioError as error:
                # A registry that is away for a while must not end the watching.
                complain(error)
    except KeyboardInterrupt:
        return
    if code:
        raise typer.Exit(code)


@dataclass(frozen=True)
class Asked:
    experiment: str
    workspace: Path
    changes: list[str]
    act: bool
    wait: bool
    as_json: bool
    outputs: Path | None


def _once(asked: Asked) -> int:
    """The exit code."""
    import json

    from silencio.steps.watch import report

    house = house_at(asked.experiment, asked.workspace, asked.changes)
    outlook = _look(house)
    page = report(house, outlook)
    if not asked.as_json:
        _say(outlook, page)
    action = _act(house, outlook, asked) if asked.act else None
    if asked.as_json:
        did = {"did": action.did.value, "said": action.said} if action else None
        print(json.dumps({**outlook.to_json(), "report": str(page), "action": did}), flush=True)
    elif action:
        print(action.said, flush=True)
    started = action is not None and action.started
    if asked.outputs:
        with asked.outputs.open("a") as stream:
            for name, yes in (("retrain", outlook.retrain), ("trained", started)):
                stream.write(f"{name}={str(yes).lower()}\n")
    if action and action.exit_code is not None:
        return action.exit_code
    yes = started if asked.act else outlook.retrain
    return 0 if yes or asked.outputs else GateRefused.exit_code


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


def _act(house: "House", outlook: "Outlook", asked: Asked) -> "Action":
    from silencio.serving.process import silencio_command
    from silencio.steps.watch import act

    usual = ["pipeline", "run", asked.experiment, "--workspace", str(house.workspace.root)]
    usual += [word for change in asked.changes for word in ("--set", change)]
    command = house.experiment.monitoring.act or silencio_command(*usual)
    return act(house, outlook, command, asked.wait)


def _say(outlook: "Outlook", page: Path) -> None:
    said = [reason.sentence for reason in outlook.reasons]
    print("\n".join(["retrain:", *said]) if said else "nothing new: the champion stays")
    unknown = outlook.listened.unknown
    print(f"drift: not known, {unknown}" if unknown else f"drift: {page}", flush=True)
