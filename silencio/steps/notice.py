"""What became of a pipeline's run: its steps note what they find, and in the end it is told in one place.

    begin(house, run)
    note(house, run, verdicts={"offline evaluation": "pass"}, links={"report": "/…/report.html"})
    told = tell(house, run, Ended("SUCCEEDED"))

Of a run that failed before anything was made, there is at least that it failed, and where.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from silencio.errors import SilencioError, WrongUse
from silencio.steps.house import House
from silencio.workspace import Workspace

RUNS, BROKEN = "reports/runs", "broken-steps.jsonl"
NAME = re.compile(r"[\w.-]{1,128}")
Outcome = Literal["passed", "refused", "stopped", "failed"]


@dataclass(frozen=True)
class Ended:
    """As Kubeflow says it."""

    state: str
    """SUCCEEDED, FAILED or CANCELLED."""
    step: str = ""
    error: str = ""


@dataclass(frozen=True)
class Told:
    """All that is known of a run that ended; it is a JSON file by the run's name in the workspace's reports/runs."""

    run: str
    experiment: str
    outcome: Outcome
    said: str
    """In a sentence."""
    began: str
    ended: str
    step: str
    """The one that broke, if any did."""
    error: str
    version: str
    """Its number in the registry; empty if there is none."""
    why: str = ""
    """It ran at all, where that was asked."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """Of each gate that was asked, by its name."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Where to look, by what is to be seen there."""

    def markdown(self) -> str:
        lines = [f"# {self.experiment}: {self.outcome}", "", self.said, ""]
        lines += [self.why, ""] if self.why else []
        if self.verdicts:
            lines += ["| gate | verdict |", "| --- | --- |"]
            lines += [f"| {name} | {verdict} |" for name, verdict in self.verdicts.items()] + [""]
        told = {"version": self.version, **self.links, "run": self.run, "from": self.began, "to": self.ended}
        return "\n".join([*lines, *(f"- {name}: {what}" for name, what in told.items() if what)]) + "\n"

    def text(self) -> str:
        """For a chat: a line, and where to look."""
        links = [f"{name}: {address}" for name, address in self.links.items()]
        why = [self.why] if self.why else []
        return "\n".join([f"{self.experiment}: {self.outcome}. {self.said}", *why, *links])


def begin(house: House, run: str) -> None:
    """The first step's word: whatever breaks from now on is this run's. Who looked whether there is a reason to run
    came before, and what that found stays."""
    why = {name: said for name, said in _read(house.workspace, run).items() if name == "why"}
    _write(house.workspace, run, {"experiment": house.experiment.name, "began": _now(), **why})


def note(
    house: House,
    run: str,
    *,
    verdicts: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    version: str = "",
    why: str = "",
    done: str = "",
    refused: str = "",
) -> None:
    """Something that is to be told when the run ends. `why` it trains, and what it came to, `done` or `refused`, are
    sentences."""
    known = _read(house.workspace, run)
    more = {"verdicts": verdicts or {}, "links": links or {}}
    texts = {"version": version, "why": why, "done": done, "refused": refused}
    merged = {name: {**known.get(name, {}), **values} for name, values in more.items()}
    said = {name: what for name, what in texts.items() if what}
    _write(house.workspace, run, {**known, **merged, **said})


def broke(house: House, step: str, error: Exception) -> None:
    """Kubeflow tells who comes last that something failed, on this machine neither what nor why."""
    why = str(error) if isinstance(error, SilencioError) else f"{type(error).__name__}: {error}"
    entry = {"at": _now(), "experiment": house.experiment.name, "step": step, "error": why}
    with (house.workspace / "logs" / BROKEN).open("a") as stream:
        stream.write(json.dumps(entry) + "\n")


def tell(house: House, run: str, ended: Ended) -> Told:
    """What became of the run, also written down."""
    known = _read(house.workspace, run)
    outcome, step, error = _outcome(ended, known), "", ""
    if outcome == "failed":
        last = _last_broken(house, known.get("began", ""))
        step, error = last.get("step", ended.step), last.get("error", ended.error)
    version = str(known.get("version", ""))
    said = {
        "passed": str(known.get("done", "Every step was done.")),
        "refused": str(known.get("refused", "")),
        "stopped": "It was stopped before its end.",
        "failed": f"{step or 'A step'} broke: {error or 'nobody said why'}",
    }[outcome]
    told = Told(
        run=run,
        experiment=house.experiment.name,
        outcome=outcome,
        said=said,
        began=known.get("began", ""),
        ended=_now(),
        step=step,
        error=error,
        version=version,
        why=str(known.get("why", "")),
        verdicts=known.get("verdicts", {}),
        links=known.get("links", {}),
    )
    # What was noted stays, so that a second word, after a retry, is as full as the first.
    _write(house.workspace, run, {**known, **asdict(told)})
    return told


def file_of(workspace: Workspace, run: str) -> Path:
    if not NAME.fullmatch(run) or run.startswith("."):
        raise WrongUse(
            f"{run!r} is no name of a run.",
            "Give letters, digits, dots and dashes, 128 at most, as Kubeflow does.",
        )
    return workspace / RUNS / f"{run}.json"


def _outcome(ended: Ended, known: Mapping[str, Any]) -> Outcome:
    if ended.state in ("CANCELLED", "CANCELED"):
        return "stopped"
    if ended.state != "SUCCEEDED":
        return "failed"
    return "refused" if "refused" in known else "passed"


def _last_broken(house: House, since: str) -> dict[str, str]:
    """Of steps of this experiment; one that did well at its next attempt comes before the one that did not."""
    path = house.workspace / "logs" / BROKEN
    entries = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    ours = [e for e in entries if since and e["at"] >= since and e["experiment"] == house.experiment.name]
    return dict(ours[-1]) if ours else {}


def _read(workspace: Workspace, run: str) -> dict[str, Any]:
    path = file_of(workspace, run)
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _write(workspace: Workspace, run: str, known: Mapping[str, Any]) -> None:
    path = file_of(workspace, run)
    partial = path.with_suffix(f".{time.monotonic_ns()}.partial")
    partial.write_text(json.dumps(known, indent=2) + "\n")
    partial.replace(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
