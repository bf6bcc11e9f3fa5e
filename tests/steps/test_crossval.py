"""Cross-validation on three speakers of three digits."""

import shutil
from pathlib import Path

import pytest

from silencio.data.windows.store import Windows
from silencio.errors import WrongUse
from silencio.experiment import changed
from silencio.handover import Handover
from silencio.progress import Progress
from silencio.registry.runs import Runs
from silencio.settings import Site
from silencio.steps.crossval import By, Turn, by_default, crossval, turns_of
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.digits import SPEAKERS, digits_experiment, speak


def house_at(folder: Path, **split: object) -> House:
    spoken = folder / "spoken"
    if not spoken.exists():
        speak(spoken)
    changes = {f"data.split.{key}": value for key, value in split.items()}
    experiment = changed(digits_experiment(spoken), changes, "test")
    return House(experiment, Site(workspace=str(folder)), Workspace(folder))


def judging(turn: Turn) -> set[str]:
    """Who is in the part that judges."""
    index = Windows.open(turn.windows).index.filter(part="test")
    return {recording.split("_")[1] for recording in index["recording"]}


class Told(list[Progress]):
    @property
    def trained(self) -> list[str]:
        """The folds of which an epoch was told."""
        names = [
            p.what.removeprefix("epochs; ").split(" (")[0] for p in self if p.what.startswith("epochs; ")
        ]
        return list(dict.fromkeys(names))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house_at(tmp_path_factory.mktemp("crossval"))


@pytest.fixture(scope="module")
def stopped_and_done(house: House) -> tuple[Told, Told, Handover]:
    """What was told before it was stopped after the first fold, and when it was started again."""

    def stop(fold: object) -> None:
        raise KeyboardInterrupt

    before, after = Told(), Told()
    with pytest.raises(KeyboardInterrupt):
        crossval(house, By.GROUP, before.append, stop)
    return before, after, crossval(house, By.GROUP, after.append)


def test_every_group_is_tested_once_by_a_training_that_never_heard_it(house: House) -> None:
    turns = list(turns_of(house, By.GROUP))

    assert [(turn.name, judging(turn)) for turn in turns] == [(name, {name}) for name in SPEAKERS]
    for turn in turns:
        taught = Windows.open(turn.windows).index.filter(part="train")["recording"]
        assert len(taught) == 2 * 12
        assert not any(turn.name in recording for recording in taught)


def test_stopped_it_goes_on_with_the_folds_that_are_left(
    stopped_and_done: tuple[Told, Told, Handover],
) -> None:
    before, after, _ = stopped_and_done

    assert before.trained == ["ana"]
    assert after.trained == ["ben", "eva"]
    assert after[-1].done == after[-1].of == 6, "three folds of two epochs"


def test_the_figures_are_of_what_was_tested(stopped_and_done: tuple[Told, Told, Handover]) -> None:
    _, _, report = stopped_and_done

    folds = report.facts["folds"]
    assert [(fold["name"], fold["recordings"]) for fold in folds] == [(name, 12) for name in SPEAKERS]
    assert report.facts["accuracy"] == pytest.approx(sum(fold["accuracy"] for fold in folds) / 3)
    low, high = report.facts["accuracy_interval"]
    assert low <= report.facts["accuracy"] <= high
    assert {"crossval.json", "folds.png", "confusion.png"} == set(report.files)


def test_what_is_done_is_only_looked_up(house: House, stopped_and_done: tuple[Told, Told, Handover]) -> None:
    told = Told()

    assert crossval(house, By.GROUP, told.append) == stopped_and_done[2]
    assert not told.trained


def test_folds_are_runs_within_the_cross_validations(
    house: House, stopped_and_done: tuple[Told, Told, Handover]
) -> None:
    runs = Runs(house.site, house.workspace)
    experiment = runs.client.get_experiment_by_name("silencio-spoken")
    found = runs.client.search_runs([experiment.experiment_id])

    parents = [run.data.tags.get("mlflow.parentRunId") for run in found]
    group = next(run for run in found if "mlflow.parentRunId" not in run.data.tags)
    assert sorted(parents, key=str) == sorted([None, *[group.info.run_id] * 3], key=str)
    assert group.info.status == "FINISHED"
    assert [file.path for file in runs.client.list_artifacts(group.info.run_id)]


def test_groups_that_share_a_recording_are_tested_together(tmp_path: Path) -> None:
    house = house_at(tmp_path, near_duplicates="join")
    spoken = tmp_path / "spoken"
    for take in range(1, 5):
        shutil.copy(spoken / f"0_ana_{take}.wav", spoken / f"0_ben_{take}.wav")

    turns = list(turns_of(house, By.GROUP))

    assert [judging(turn) for turn in turns] == [{"ana", "ben"}, {"eva"}]


def test_folds_are_dealt_where_the_data_bring_none(tmp_path: Path) -> None:
    house = house_at(tmp_path, method="shares", folds=3)

    turns = list(turns_of(house, by_default(house)))

    assert [turn.name for turn in turns] == ["1", "2", "3"]
    assert sorted(judging(turn).pop() for turn in turns) == sorted(SPEAKERS)


def test_folds_that_came_with_the_data_are_each_tested_once(tmp_path: Path) -> None:
    house = house_at(tmp_path, method="given")
    named = changed(
        house.experiment,
        {
            "data.pattern": r"(?P<label>\d)_[a-z]+_(?P<fold>\d)",
            "data.split.group_by": "source",
        },
        "test",
    )
    given = House(named, house.site, house.workspace)

    turns = list(turns_of(given, By.FOLD))

    assert [turn.name for turn in turns] == ["1", "2", "3", "4"], "the takes"


def test_where_no_recording_has_a_fold_that_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"method is given, and no recording comes with a fold\. Let Silencio"):
        list(turns_of(house_at(tmp_path, method="given"), By.FOLD))


def test_a_champion_that_may_have_heard_a_fold_is_not_begun_with(house: House) -> None:
    warm = changed(house.experiment, {"training.warm_start": True}, "test")

    with pytest.raises(WrongUse, match="may have heard what a fold is tested on"):
        crossval(House(warm, house.site, house.workspace))


def test_an_experiment_that_leaves_a_group_out_is_validated_by_group(tmp_path: Path) -> None:
    assert by_default(house_at(tmp_path, method="leave_one_out", held_out="ana")) is By.GROUP
    assert by_default(house_at(tmp_path, method="given")) is By.FOLD


def test_a_fold_costs_a_new_index_and_no_new_features(house: House) -> None:
    shards = [
        {turn.windows.files[name] for name in turn.windows.files if name.startswith("shards")}
        for turn in turns_of(house, By.GROUP)
    ]

    assert shards[0]
    assert shards[0] == shards[1] == shards[2]
