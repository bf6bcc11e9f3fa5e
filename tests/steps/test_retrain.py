"""Retraining as a whole: from the champion in production, repeatable, with what it gained and lost."""

from pathlib import Path

import pytest

from silencio.handover import Handover
from silencio.optimize.bundle import Bundle
from silencio.registry.checkpoints import checkpoint_of
from silencio.registry.runs import Runs
from silencio.registry.stages import Stage
from silencio.settings import Experiment, Site
from silencio.steps import build
from silencio.steps.ancestor import ancestor
from silencio.steps.house import House
from silencio.steps.retrain import changes_to_retrain, retrain, simulate
from silencio.training.checkpoint import Checkpoint
from silencio.workspace import Workspace
from tests.registry.bundles import bundle_of
from tests.training.eras import small, store_of_eras

RETRAINING = small("warm_start: true, era: newer")


class Reserve:
    """A workspace with recordings of two eras, in which models are promoted without further ado."""

    def __init__(self, folder: Path, name: str) -> None:
        self.windows = store_of_eras(folder / "windows", unlabelled=True).handover
        self.catalog = self.windows  # every model here hears the same windows: nobody opens it
        self.workspace = Workspace(folder / "workspace")
        self._name = name

    def house(self, experiment: Experiment = RETRAINING) -> House:
        named = experiment.model_copy(update={"name": self._name})
        return House(named, Site(workspace=str(self.workspace.root)), self.workspace)

    def train(self, experiment: Experiment = RETRAINING) -> Handover:
        return build.train(self.house(experiment), self.windows)

    def promote(self, checkpoint: Handover, exported: bool = False) -> Bundle:
        folder = self.workspace.root / "made" / f"{self._name}-{checkpoint.digest[:8]}"
        bundle = bundle_of(Checkpoint(checkpoint), folder, exported)
        registry = self.house().registry
        registry.set_stage(registry.register(bundle), Stage.PRODUCTION)
        return bundle


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Making MLflow's tables takes seconds: the tests share a workspace, and each promotes a model of its own name."""
    return tmp_path_factory.mktemp("reserve")


@pytest.fixture
def reserve(shared: Path, request: pytest.FixtureRequest) -> Reserve:
    return Reserve(shared, request.node.name.replace("_", "-"))


def began_with(checkpoint: Handover) -> object:
    return checkpoint.facts["inputs"]["ancestor"]


def test_a_champion_is_retrained_and_repeated_after_its_promotion_nothing_is_left_to_do(
    reserve: Reserve,
) -> None:
    first = reserve.train(small())
    reserve.promote(first)

    second = reserve.train()
    assert began_with(second) == first.digest

    reserve.promote(second)
    assert reserve.train() == second, "it is not the retrained that is retrained"

    third = reserve.train(small("warm_start: true, era: newer, epochs: 2"))
    assert began_with(third) == second.digest, "what was asked otherwise begins with the champion"


def test_the_first_training_of_all_is_not_repeated_after_its_promotion_either(reserve: Reserve) -> None:
    first = reserve.train()
    assert began_with(first) is None
    reserve.promote(first)
    assert reserve.train() == first


def test_a_round_of_self_training_is_not_repeated_after_its_promotion_either(reserve: Reserve) -> None:
    rounds = small("warm_start: true, self_training: {rounds: 1}")
    reserve.promote(reserve.train(small()))
    result = reserve.train(rounds)
    reserve.promote(result)
    assert reserve.train(rounds) == result


def test_a_champion_that_was_deleted_here_comes_from_mlflow(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, "deleted")
    first = reserve.train(small())
    reserve.promote(first)
    expected = reserve.train()
    for gone in (first.folder, expected.folder):
        gone.rename(reserve.workspace.root / f"deleted-{gone.name}")

    again = reserve.train()

    assert again.digest == expected.digest
    registry, runs = reserve.house().registry, Runs(Site(), reserve.workspace)
    champion = registry.at(Stage.PRODUCTION)
    assert champion is not None
    fetched = checkpoint_of(champion, registry, reserve.workspace, runs)
    assert fetched.handover.verify().digest == first.digest
    assert fetched.facts["inputs"] == first.facts["inputs"]
    assert "models/fetched" in fetched.handover.folder.as_posix()
    assert ancestor(reserve.house(), store_of_eras(reserve.windows.folder), None) is not None


def test_what_was_gained_on_the_new_and_lost_on_the_old_is_reported(reserve: Reserve) -> None:
    first = reserve.train(small())
    reserve.promote(first, exported=True)

    done = retrain(reserve.house(), reserve.catalog, reserve.windows)

    assert began_with(done.checkpoint) == first.digest
    assert done.report is not None
    assert done.report.facts["before_new"] is not None
    assert done.report.facts["inputs"]["checkpoint"] == done.checkpoint.digest


def test_without_a_champion_nothing_is_compared(reserve: Reserve) -> None:
    assert retrain(reserve.house(), reserve.catalog, reserve.windows).report is None


def test_a_simulation_lets_a_champion_learn_the_older_era_and_retrains_it_on_the_newer(
    reserve: Reserve,
) -> None:
    done = simulate(reserve.house(small()), reserve.windows, small("epochs: 2"))

    settings = done.checkpoint.facts["inputs"]["training"]
    assert (settings["era"], settings["warm_start"], settings["epochs"]) == ("newer", True, 2)
    champion = reserve.workspace.find(done.checkpoint.kind, str(began_with(done.checkpoint)))
    assert champion is not None
    assert champion.facts["inputs"]["training"]["era"] == "older"
    assert done.report is not None
    assert done.report.facts["inputs"]["champion"] == champion.digest


def test_a_retraining_is_what_is_asked_for_unless_somebody_set_otherwise() -> None:
    assert changes_to_retrain({}) == ["training.warm_start=true", "training.era=newer"]
    assert changes_to_retrain({("training", "era"): "--set training.era"}) == ["training.warm_start=true"]
