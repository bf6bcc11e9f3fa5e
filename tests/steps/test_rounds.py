"""Another training where the gates say no, and no more of them than was asked for."""

from pathlib import Path

import pytest
import yaml

from silencio.data.windows.store import Windows
from silencio.progress import Progress
from silencio.settings import Evaluation, Site
from silencio.steps import rounds
from silencio.steps.house import House
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace
from tests.stores import make_catalog, make_windows
from tests.training.eras import small

QUICK = """
slices: []
shown: []
behaviour: {same_answer: null, monotonic: null, silence: null, noise: null, false_positives: null}
quality: {leaks: null, quarantined: null}
minimum_windows: 2
resamples: 50
trials: {windows: 0}
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rounds")


@pytest.fixture(scope="module")
def windows(shared: Path) -> Windows:
    return make_windows(shared / "windows")


class Counted:
    """What was told of rounds while they went on."""

    def __init__(self) -> None:
        self.rounds: list[str] = []

    def __call__(self, progress: Progress) -> None:
        said = progress.what.rpartition(", ")[2]
        if said not in self.rounds:
            self.rounds.append(said)


def train(shared: Path, windows: Windows, seed: int, **evaluation: object) -> tuple[Checkpoint, list[str]]:
    """Each test from a seed of its own: what another one trained would be found, and not trained again."""
    judged = Evaluation.model_validate(yaml.safe_load(QUICK) | evaluation)
    experiment = small("epochs: 1").model_copy(update={"evaluation": judged, "seed": seed})
    workspace, told = Workspace(shared / "workspace"), Counted()
    house = House(experiment, Site(workspace=str(workspace.root)), workspace)
    made = rounds.train(house, make_catalog(windows), windows.handover, told)
    return Checkpoint(made), told.rounds


def bar(at_least: float) -> list[dict[str, object]]:
    return [{"metric": "map", "slice": "overall", "at_least": at_least}]


def seed_of(checkpoint: Checkpoint) -> int:
    return checkpoint.experiment.seed


def test_a_first_training_that_passes_is_the_only_one(shared: Path, windows: Windows) -> None:
    checkpoint, told = train(shared, windows, 100, gates=bar(0.0), rounds=2)
    assert told == ["round 1 of at most 3"]
    assert seed_of(checkpoint) == 100


def test_refused_it_is_trained_from_other_seeds_and_never_more_often_than_asked(
    shared: Path, windows: Windows
) -> None:
    checkpoint, told = train(shared, windows, 200, gates=bar(2.0), rounds=2)
    assert told == [f"round {number} of at most 3" for number in (1, 2, 3)]
    assert seed_of(checkpoint) == 200 + 2 * rounds.APART, "it is the last one that is handed over"


def test_evidence_that_is_too_thin_is_not_trained_against(shared: Path, windows: Windows) -> None:
    checkpoint, told = train(shared, windows, 300, gates=bar(2.0), rounds=2, minimum_windows=1000)
    assert told == ["round 1 of at most 3"]
    assert seed_of(checkpoint) == 300


def test_without_rounds_a_refused_training_is_not_repeated(shared: Path, windows: Windows) -> None:
    checkpoint, told = train(shared, windows, 400, gates=bar(2.0), rounds=0)
    assert "round" not in "".join(told)
    assert seed_of(checkpoint) == 400
