"""The whole loop twice, for someone who sees it for the first time: `make demo`."""

import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from pipelines.demo.ending import DRIFT, end
from pipelines.demo.fault import plant_a_fault
from pipelines.demo.gained import heard_by
from pipelines.demo.guide import Answered, Walks, say, unsaid, walks_from
from pipelines.demo.rounds import first_round, in_production, second_round
from pipelines.demo.showing import what_she_says, what_was_heard
from silencio.errors import WrongUse
from silencio.progress import Progress
from silencio.steps import build, release
from silencio.steps.house import House
from silencio.steps.watch import Outlook, local, look, report
from silencio.terminal import bar


def walk(house: House, approved_by: str, rounds: int = 2) -> None:
    """Train, judge, shrink, test, stage; canary, approve, promote; roll a bad one back. Then a guide's microphone
    drifts: watching sees it, a second round learns from her corrections, and what that gained is measured.

    With one round it ends where watching has said why there should be another.
    """
    if house.experiment.data.source != "reserve":
        raise WrongUse(
            f"The demo plays a guide in the built-in reserve; {house.experiment.name} is of other data.",
            "For those: silencio pipeline run, then silencio pipeline promote.",
        )
    began = time.monotonic()
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
    if not in_production(house):
        first_round(house, approved_by)
    first, *_ = in_production(house)
    console.print(f"\n  version {first.version.number} went into production on {first.at:%Y-%m-%d %H:%M} UTC")
    address = release.restore(house)
    refused = plant_a_fault(house, house.registry.fetch(first.version), approved_by)
    console.print(f"  rolled back; {address} serves on as before\n")
    _listen(house, address, console)

    with bar("walks") as tell:
        walks = walks_from(house, local(first.at).date() + timedelta(days=1), tell)
    _ask_production(house, walks, address)
    _correct(house, walks, address, console)
    outlook = _watch(house, walks, console)
    no = second_round(house, outlook, approved_by) if rounds > 1 else None
    _ask_production(house, walks, address)
    end(house, walks, address, refused, no, time.monotonic() - began, console)
    if no is not None:
        raise no


def _listen(house: House, address: str, console: Console) -> None:
    console.print("[bold]4  What the service hears[/bold]")
    released = build.ingest(house, with_feedback=False)
    heard: dict[str, Any] = {}
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        for path in build.unseen_recordings(released, most=3):
            sent = http.post("/v1/identify", params={"keep": "false"}, content=path.read_bytes())
            heard[path.name] = sent.raise_for_status().json()
    console.print(what_was_heard(heard))
    console.print(f"  record, look, listen and correct for yourself: {address}/\n")


def _ask_production(house: House, walks: Walks, address: str) -> None:
    """Of the recordings that nobody learns from, so that two services can be compared."""
    bundle = house.registry.fetch(in_production(house)[-1].version)
    with bar("asking") as tell:
        heard_by(house, walks, bundle, address, tell)


def _correct(house: House, walks: Walks, address: str, console: Console) -> None:
    console.print(
        "[bold]5  A guide walks for three days; her microphone has been out in the rain too long[/bold]"
    )
    todo = unsaid(house, walks)
    if not todo:
        console.print(f"  she spoke about her {len(walks.said)} recordings before\n")
        return
    answers: list[Answered] = []
    with bar("guide") as tell:
        for answered in say(address, walks, todo):
            answers.append(answered)
            tell(Progress(len(answers), len(todo), "recordings sent and corrected"))
    console.print(what_she_says(answers, _names(house)))
    right = sum(answered.right for answered in answers)
    console.print(
        f"  of {len(answers)} recordings the service is right about {right}; she says what called\n"
    )


def _names(house: House) -> dict[str, str]:
    bundle = house.registry.fetch(in_production(house)[-1].version)
    return {species.code: species.common_name for species in bundle.species}


def _watch(house: House, walks: Walks, console: Console) -> Outlook:
    """As it looks once her walks are over."""
    now = max(walks.over, datetime.now(UTC))
    console.print(f"[bold]6  silencio watch, as on {now:%Y-%m-%d}: train again?[/bold]")
    with bar("watch") as tell:
        outlook = look(house, now=now, tell=tell)
    said: Sequence[str] = [reason.sentence for reason in outlook.reasons]
    for sentence in said or ["nothing new: the champion stays"]:
        console.print(f"  {sentence}")
    page = report(house, outlook)
    if outlook.reasons:
        # The next look writes over that page.
        page = Path(shutil.copyfile(page, house.workspace / "reports/demo" / DRIFT))
    console.print(f"  {page}")
    return outlook
