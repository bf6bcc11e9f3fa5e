"""As many trainings as there are folds, each with the same settings, and each judged on what it never heard."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silencio.errors import WrongUse
from silencio.experiment import changed
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of
from silencio.progress import Progress, Tell, nobody
from silencio.steps import build
from silencio.steps.house import House

if TYPE_CHECKING:
    from silencio.evaluation.folds import Fold
    from silencio.training.tracker import OpenTracker


class By(StrEnum):
    """What is tested in turn."""

    FOLD = "fold"
    GROUP = "group"


@dataclass(frozen=True)
class Turn:
    """One training and what it is tested on."""

    name: str
    house: House
    windows: Handover


def by_default(house: House) -> By:
    """As the experiment's split says."""
    return By.GROUP if house.experiment.data.split.method == "leave_one_out" else By.FOLD


def crossval(
    house: House, by: By | None = None, tell: Tell = nobody, on_fold: "Callable[[Fold], None] | None" = None
) -> Handover:
    """A report with the facts accuracy, map and roc_auc, their intervals, and each fold's figures.

    Done folds are only looked up: killed and started again, it goes on in the training that it was in.
    """
    from silencio.evaluation.crossval import write_crossval
    from silencio.registry.runs import Runs
    from silencio.training.tracker import Described

    if house.experiment.training.warm_start:
        raise WrongUse(
            "training.warm_start is on, and the champion may have heard what a fold is tested on.",
            "Train each fold from scratch: --set training.warm_start=false.",
        )
    chosen = by or by_default(house)
    turns = list(turns_of(house, chosen, tell))
    runs = Runs(house.site, house.workspace)
    described = Described(
        house.experiment.name,
        {"by": chosen.value, **house.experiment.model_dump(mode="json", exclude={"data": {"split"}})},
        {f"windows of {turn.name}": turn.windows.digest for turn in turns},
    )
    with runs.group(digest_of(asdict(described)), f"crossval by {chosen.value}", described) as group:
        folds = []
        for number, turn in enumerate(turns):
            tracked = runs.inside(group.key)
            folds.append(fold_of(turn, tracked, share_of(tell, number, len(turns), turn.name)))
            if on_fold:
                on_fold(folds[-1])

        def make(folder: Path) -> Mapping[str, Any]:
            facts = write_crossval(folder, chosen.value, folds)
            for path in sorted(folder.iterdir()):
                group.keep(path, "crossval")
            return facts

        inputs = {
            "by": chosen.value,
            "folds": [digest_of(fold.to_json()) for fold in folds],
            "code": code_digest("evaluation"),
        }
        return house.workspace.produce(Kind.REPORT, inputs, make)


def share_of(tell: Tell, number: int, of: int, name: str) -> Tell:
    """Of all epochs of all folds, those of one; `number` counts from 0."""

    def told(progress: Progress) -> None:
        done = number * progress.of + progress.done
        # How much longer that one takes is told with it, not with the sum.
        what = progress.what.removeprefix("epochs, ")
        tell(Progress(done, of * progress.of, f"epochs; {name} ({number + 1} of {of}): {what}"))

    return told


def fold_of(turn: Turn, open_tracker: "OpenTracker", tell: Tell) -> "Fold":
    from silencio.data.windows.store import Windows
    from silencio.evaluation.folds import judge_fold
    from silencio.training.checkpoint import Checkpoint

    checkpoint = build.train(turn.house, turn.windows, tell, open_tracker)
    return judge_fold(turn.name, Windows.open(turn.windows), Checkpoint(checkpoint), turn.house.workspace)


def turns_of(house: House, by: By, tell: Tell = nobody) -> Iterator[Turn]:
    """All are dealt before the first is trained, so that what cannot be dealt is said at once."""
    from silencio.data.catalog import Catalog

    named = _folds(house, tell) if by is By.FOLD else _groups(house, tell)
    tested = set[str]()
    for name, split in named:
        if name in tested:
            continue
        turn = _with(house, split)
        catalog = build.ingest(turn, tell=tell)
        judging = Catalog.open(catalog).recordings.filter(part="test")
        # Groups with recordings that sound the same are dealt as one, and so are tested as one.
        if by is By.GROUP:
            tested |= set(judging["group"])
        yield Turn(_short(name), turn, build.features(turn, catalog, tell))


Named = Sequence[tuple[str, Mapping[str, Any]]]
"""Names, and what each of them changes in data.split."""


def _folds(house: House, tell: Tell) -> Named:
    split = house.experiment.data.split
    if split.method != "given":
        numbers = list(range(1, split.folds + 1))
        return [(str(n), {"method": "folds", "fold": n}) for n in numbers]
    given = sorted(_undealt(house, tell)["fold"].drop_nulls().unique().to_list())
    if not given:
        raise WrongUse(
            "data.split.method is given, and no recording comes with a fold.",
            "Let Silencio deal them: --set data.split.method=folds.",
        )
    return [(str(n), {"fold": n}) for n in given]


def _groups(house: House, tell: Tell) -> Named:
    groups = sorted(set(_undealt(house, tell)["group"]))
    if len(groups) < 2:
        raise WrongUse(
            f"There is no group to leave out: the recordings are of {len(groups)}.",
            "Group them by something finer with data.split.group_by.",
        )
    return [(group, {"method": "leave_one_out", "held_out": group}) for group in groups]


def _undealt(house: House, tell: Tell) -> Any:
    """The labelled recordings of the release, all of them to train on: with their groups, and the folds they came
    with."""
    from silencio.data.catalog import Catalog

    whole = _with(house, {"method": "shares", "validation": 0, "test": 0, "held_out": None, "fold": 1})
    recordings = Catalog.open(build.ingest(whole, tell=tell)).recordings
    return recordings.filter(recordings["labelled"] != "none", recordings["origin"] == "release")


def _with(house: House, split: Mapping[str, Any]) -> House:
    keys = {f"data.split.{name}": value for name, value in split.items()}
    return House(changed(house.experiment, keys, "crossval"), house.site, house.workspace)


def _short(name: str) -> str:
    """`recordist:george` is george to whoever reads a table."""
    return name.partition(":")[2] or name
