"""Whether the loop should turn once more: what the champion learnt and hears, against what there is now."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silencio.handover import Handover, Kind
from silencio.monitoring.act import Action, done_here
from silencio.monitoring.act import act as start
from silencio.monitoring.champion import Champion, Learnt, code_now, learnt_from
from silencio.monitoring.drift import Drift, look_for_drift
from silencio.monitoring.heard import Heard
from silencio.monitoring.memory import Training
from silencio.monitoring.reasons import Reason
from silencio.monitoring.reference import Reference
from silencio.monitoring.triggers import Present, reasons_to_retrain
from silencio.progress import Tell, nobody
from silencio.steps import build
from silencio.steps.house import House
from silencio.steps.inside import memory_of

if TYPE_CHECKING:
    from silencio.data.feedback import Kept
    from silencio.optimize.bundle import Bundle

log = logging.getLogger(__name__)

LOGS, REFERENCES, OBSERVED = "logs", "processed/references", "processed/observed"
REPORT = "reports/drift"
PHONES = "phones"
"""The one recorder that all who ask the service are taken for."""
NO_REFERENCE = "what the champion knew is neither in its bundle nor in this workspace"


@dataclass(frozen=True)
class Listened:
    """What is heard now, held against what the champion knew."""

    drift: Drift | None
    reference: Reference | None
    unknown: str | None = None
    """Why there is no drift to tell of; None if there is."""


NOBODY = Listened(None, None, "there is no champion")


@dataclass(frozen=True)
class Outlook:
    """What `silencio watch` says."""

    at: datetime
    reasons: tuple[Reason, ...]
    listened: Listened
    champion: Champion | None
    trainings: tuple[Training, ...]
    """That were started by watching, the latest last."""

    @property
    def retrain(self) -> bool:
        return bool(self.reasons)

    def to_json(self) -> dict[str, Any]:
        drift = self.listened.drift
        return {
            "at": self.at.isoformat(),
            "retrain": self.retrain,
            "reasons": [{**asdict(reason), "why": reason.why.value} for reason in self.reasons],
            "champion": self.champion.bundle if self.champion else None,
            "drift": {"looks": len(drift.looks), "alarms": len(drift.alarms)} if drift else None,
            "not_asked": {test.value: why for test, why in drift.not_asked.items()} if drift else {},
            "drift_unknown": self.listened.unknown,
            "last_training": self.trainings[-1].at.isoformat() if self.trainings else None,
        }


def reasons(house: House) -> list[str]:
    """Why to train again, a sentence each; empty if the champion knows all that there is to know."""
    return [reason.sentence for reason in look(house).reasons]


def look(
    house: House,
    heard: Heard | None = None,
    now: datetime | None = None,
    tell: Tell = nobody,
    with_feedback: bool = True,
) -> Outlook:
    """`heard` is what the service keeps, if nothing is given what guides corrected; `now` has a time zone.

    `with_feedback` as the training would be told: corrections that it does not learn from are no reason for it.
    """
    from silencio.data.catalog import Catalog
    from silencio.registry.stages import Stage

    at = now or datetime.now(UTC)
    catalog = build.ingest(house, with_feedback, tell)
    version = house.registry.at(Stage.PRODUCTION)
    bundle = house.registry.fetch(version) if version else None
    champion = _champion(house, bundle, version.number, at) if bundle and version else None
    listened = _listen(house, bundle, champion, heard, at) if bundle and champion else NOBODY
    trainings = memory_of(house).trainings()
    learnt = learnt_from(Catalog.open(catalog), house.experiment, code_now())
    last = trainings[-1].at if trainings else None
    present = Present(catalog.digest, learnt, at, last, listened.drift)
    reasons = reasons_to_retrain(present, champion, house.experiment.monitoring)
    return Outlook(at, tuple(reasons), listened, champion, tuple(trainings))


def _listen(
    house: House, bundle: "Bundle", champion: Champion, heard: Heard | None, at: datetime
) -> Listened:
    reference, settings = reference_for(house, bundle), house.experiment.monitoring
    if reference is None:
        return Listened(None, None, NO_REFERENCE)
    begin = max(champion.since, at - timedelta(days=settings.looks_back_days))
    kept = heard or heard_by_service(house, bundle, champion.learnt)
    return Listened(
        look_for_drift(reference, kept.since(local(begin)), local(at).date(), settings), reference
    )


def act(house: House, outlook: Outlook, command: Sequence[str], wait: bool = False) -> Action:
    """Start `command`, a training, if there are reasons for one that none was started for yet."""
    memory, logs = memory_of(house), house.workspace / LOGS
    return start(outlook.reasons, memory, house.experiment.monitoring, command, outlook.at, logs, wait)


@contextmanager
def training_here(house: House, outlook: Outlook, command: Sequence[str]) -> Iterator[Action]:
    """As `act`, where the body trains: what `command` would do, should the body be killed."""
    memory, now = memory_of(house), datetime.now(UTC)
    with done_here(outlook.reasons, memory, house.experiment.monitoring, command, now) as action:
        yield action


def report(house: House, outlook: Outlook) -> Path:
    """The page and the figures of a look, over those of the one before."""
    from silencio.monitoring.page import render

    folder, listened = house.workspace / REPORT, outlook.listened
    for name, text in {
        "report.html": render(
            listened.drift, listened.reference, outlook.reasons, outlook.at, listened.unknown
        ),
        "watch.json": json.dumps(outlook.to_json(), indent=2) + "\n",
    }.items():
        partial = folder / f"{name}.partial"
        partial.write_text(text, "utf-8")
        partial.replace(folder / name)
    return folder / "report.html"


def reference_for(house: House, bundle: "Bundle") -> Reference | None:
    """The one that came with the bundle; for bundles of before it is made of what the workspace still has."""
    if came := Reference.read(bundle.folder):
        return came
    folder = house.workspace / REFERENCES / bundle.digest[:16]
    if made := Reference.read(folder):
        return made
    catalog = house.workspace.find(Kind.CATALOG, bundle.facts["catalog"])
    if catalog is None:
        return None
    log.info("the champion came without a reference: it is made of the catalog %s", catalog.digest[:12])
    folder.mkdir(parents=True, exist_ok=True)
    made = _made(house, bundle, catalog)
    made.write(folder)
    return made


def _made(house: House, bundle: "Bundle", catalog: Handover) -> Reference:
    from silencio.data.windows.store import Windows, build_windows
    from silencio.monitoring.from_windows import reference_from

    windows = Windows.open(build_windows(catalog, bundle.front_end, house.workspace))
    return reference_from(windows, bundle.model(threads=2).probabilities, bundle.thresholds)


def heard_by_service(house: House, bundle: "Bundle", learnt: Learnt | None) -> Heard:
    """What the passive log drew and what guides spoke about, with the audio. Nobody knows whose phones those were.

    What the champion learned from is left out: it tells of how things were, and the champion knows the answers.
    """
    from silencio.monitoring.from_audio import HeardInFiles, Recorded

    store = house.feedback
    calling = {said.audio: said.species for said in store.statements() if said.present and said.species}
    known = {correction.split()[0] for correction in learnt.corrections} if learnt else set[str]()
    kept = {
        one.audio: one
        for one in (*store.passive(), *store.spoken_about())
        if one.audio and Path(one.audio).stem not in known
    }
    store.bring(kept)
    heard = [
        Recorded(store.folder / "audio" / audio, recorded_at(one), PHONES, calling.get(audio))
        for audio, one in sorted(kept.items())
    ]
    return HeardInFiles(bundle, heard, house.workspace / OBSERVED / bundle.digest[:16])


def recorded_at(kept: "Kept") -> datetime:
    """By the clock of the place: as who recorded it says, else when it was sent."""
    said = datetime.fromisoformat(kept.said_at) if kept.said_at else datetime.fromtimestamp(kept.at, UTC)
    return local(said) if said.tzinfo else said


def _champion(house: House, bundle: "Bundle", number: str, now: datetime) -> Champion:
    moves = [
        e for e in house.record.verify() if (e.move["version"], e.move["stage"]) == (number, "production")
    ]
    since = datetime.fromisoformat(moves[-1].at) if moves else now
    facts = bundle.facts
    return Champion(
        bundle.digest, facts["catalog"], since, _learnt(house, facts["catalog"], facts["checkpoint"])
    )


def _learnt(house: House, catalog: str, checkpoint: str) -> Learnt | None:
    """None where the workspace does not have both any more."""
    from silencio.data.catalog import Catalog
    from silencio.training.checkpoint import Checkpoint

    data, model = (
        house.workspace.find(Kind.CATALOG, catalog),
        house.workspace.find(Kind.CHECKPOINT, checkpoint),
    )
    if data is None or model is None:
        return None
    code = {"hears": data.facts["inputs"]["code"], "learns": model.facts["inputs"]["code"]}
    return learnt_from(Catalog.open(data), Checkpoint(model).experiment, code)


def local(at: datetime) -> datetime:
    """By the clock of this machine, without a zone, as catalogs have it."""
    return at.astimezone().replace(tzinfo=None)
