"""The whole loop once, for someone who sees it for the first time: `make demo`."""

import io
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import soundfile
from rich.console import Console
from rich.table import Table

from pipelines.runs import run_promotion, run_training
from pipelines.screen import following
from pipelines.spoil import spoiled
from silencio.data.report import data_report
from silencio.data.reserve.recordings import plan_recordings, render_recording, score_recording
from silencio.data.reserve.voice import RATE
from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.gates import GateResult
from silencio.optimize.bundle import Bundle
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.promote import promote
from silencio.settings import Reserve
from silencio.steps import build, release
from silencio.steps.house import House
from silencio.steps.watch import reasons
from silencio.terminal import bar

GUIDE = "Ana, a guide"
Say = Callable[..., None]


def walk(house: House, approved_by: str) -> None:
    """Train, judge, shrink, test, stage; canary, approve, promote; roll a bad one back; listen to a guide."""
    if house.experiment.data.source != "reserve":
        raise WrongUse(
            f"The demo plays a guide in the built-in reserve; {house.experiment.name} is of other data.",
            "For those: silencio pipeline run, then silencio pipeline promote.",
        )
    began = time.monotonic()
    say = Console(file=sys.stdout, highlight=False, soft_wrap=True).print
    # The first round learns from the release alone: what the guide says in round 5 is for the next one.
    with following("1  From recordings to a version on staging") as follow:
        version = run_training(house, follow, feedback=False)
    say()
    with following("2  Canary, approval, production") as follow:
        if version.stage is not Stage.PRODUCTION:
            version = run_promotion(house, follow, approved_by, version)
        else:
            say(f"  version {version.number} is in production already")
    address = release.restore(house)
    bundle = house.registry.fetch(version)
    say()
    refusal = _plant_a_fault(house, bundle, approved_by)
    say(f"  rolled back; {address} still serves version {version.number}\n")
    _listen(house, address, say)
    say()
    with bar("report"):
        page = data_report(build.ingest(house), house.experiment, house.workspace)
    _summarize(house, version, bundle, address, refusal, approved_by, page, began, say)


def _plant_a_fault(house: House, good: Bundle, approved_by: str) -> str:
    """Why the canary refused."""
    bundle = Bundle(spoiled(good, house.workspace))
    version = house.registry.register(bundle)
    gates = [GateResult.from_json(gate) for gate in good.facts["gates"]]
    reason = "planted by the demo: the list of species packed in another order after all tests"
    title = "3  A bad candidate: its species in the wrong order, packed after all tests passed"
    with following(title) as follow:
        if version.stage is Stage.ARCHIVED:
            return f"Version {version.number} was rolled back before."
        if version.stage is Stage.CANDIDATE:
            promote(
                house.registry,
                house.record,
                version,
                Stage.STAGING,
                bundle=bundle,
                gates=gates,
                reason=reason,
            )
        try:
            run_promotion(house, follow, approved_by, house.registry.get(version.number))
        except GateRefused as refusal:
            return refusal.problem
    raise GateRefused("The planted fault reached production.", "That is a bug: please report it.")


def _listen(house: House, address: str, say: Say) -> None:
    say("[bold]4  What the service hears, and what a guide says to it[/bold]")
    released = build.ingest(house, with_feedback=False)
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        names = {species["code"]: species["common_name"] for species in http.get("/v1/species").json()}
        heard: dict[str, Mapping[str, Any]] = {}
        for path in build.unseen_recordings(released, most=3):
            heard[path.name] = http.post("/v1/identify", content=path.read_bytes()).raise_for_status().json()
        audio, code = guides_recording(house.experiment.data.reserve)
        answer = http.post("/v1/identify", content=audio).raise_for_status().json()
        say(what_was_heard({**heard, f"sent by {GUIDE}": answer}))
        word = {"request": answer["request"], "species": code, "said_by": GUIDE}
        http.post("/v1/feedback", json=word).raise_for_status()
    say(f"  she says what it was: {names[code]}")
    after = build.ingest(house)
    say(f"  the next catalog has {after.facts['feedback']} recording from feedback, to train on")
    say(f"  train again? yes: {' '.join(reasons(house))}")
    say(f"  record, look, listen and correct for yourself: {address}/")


def what_was_heard(answers: Mapping[str, Mapping[str, Any]]) -> Table:
    """A line a recording, by its name: how long it is, and the species that the service heard in it."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for column in ("recording", "seconds", "heard"):
        table.add_column(column, justify="right" if column == "seconds" else "left", overflow="fold")
    for name, answer in answers.items():
        heard = ", ".join(f"{s['common_name']} {s['confidence']:.0%}" for s in answer["species"])
        table.add_row(name, f"{answer['seconds']:.1f}", heard or "nothing that it is sure of")
    return table


def guides_recording(reserve: Reserve) -> tuple[bytes, str]:
    """A recording that no catalog has, as WAV, and what calls in it.

    It has to be a new one: a copy of a released recording, however disguised, is never trained on.
    """
    planned = replace(plan_recordings(reserve)[0], identifier="GUIDE")
    stream = io.BytesIO()
    soundfile.write(stream, render_recording(planned, score_recording(planned)), RATE, format="WAV")
    return stream.getvalue(), planned.species.code


def _summarize(
    house: House,
    version: Version,
    bundle: Bundle,
    address: str,
    refusal: str,
    approved_by: str,
    page: Path,
    began: float,
    say: Say,
) -> None:
    facts = bundle.facts
    gates = [GateResult.from_json(gate) for gate in facts["gates"]]
    entries = house.record.verify()
    found = {
        "promoted": f"{version.model} version {version.number}, approved by {approved_by}",
        "because": f"it passed {len(gates)} gates offline (mAP {facts['map']:.3f}), and its canary did well",
        "as": f"{facts['variant']}, {facts['size_mb']} MB, {facts['latency_ms']} ms a window on one core",
        "why so": facts["chosen_because"],
        "refused": refusal,
        "data": page,
        "report": bundle.folder / "report/report.html",
        "service": f"{address}  its page, too (until it was idle for half an hour, or: silencio release stop)",
        "record": f"{len(entries)} moves, each chained to the one before (silencio registry history)",
        "next": f"silencio pipeline run {house.experiment.name}  (learns from the correction)",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    say("[bold]5  What was decided[/bold]")
    for name, what in found.items():
        say(f"  [cyan]{name:9}[/cyan] {what}")
