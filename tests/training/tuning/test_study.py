"""A search that is kept, over trials that are made up."""

import csv
from pathlib import Path

import pytest

from silencio.errors import SilencioError
from silencio.experiment import load_experiment
from silencio.settings import Experiment
from silencio.training.tuning.plots import draw
from silencio.training.tuning.result import write_result
from silencio.training.tuning.search import Hear, Outcome, one_by_one
from silencio.training.tuning.space import Space
from silencio.training.tuning.study import Tried, open_study, seconds_left
from tests.training.tuning.made_up import attempt, search_in, searched

TRIALS = 12


def tried_in(folder: Path, trials: int = TRIALS, made: object = attempt) -> list[Tried]:
    with open_study(Space.of(searched()), folder) as study:
        one_by_one(search_in(study, trials, made))
        return study.finished()


def alike(tried: list[Tried]) -> list[tuple[object, ...]]:
    """All but how long it took."""
    return [(t.number, dict(t.values), t.map, t.epochs, t.how, t.why) for t in tried]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    return tried_in(tmp_path_factory.mktemp("undisturbed"))


def test_the_first_trial_is_the_experiment_as_it_is(undisturbed: list[Tried]) -> None:
    assert undisturbed[0].values == {
        "model.dropout": 0.2,
        "training.learning_rate": 0.2,
        "training.optimizer": "SGD",
    }


def test_a_search_gets_better_and_cuts_short_what_is_worse(undisturbed: list[Tried]) -> None:
    complete = [t for t in undisturbed if t.complete]
    short = [t for t in undisturbed if t.how == "cut short"]

    assert max(t.map or 0 for t in complete) > (complete[0].map or 0)
    assert short
    assert all(2 <= t.epochs < 4 for t in short), "not before tuning.minimum_epochs"
    assert all(t.number >= 3 for t in short), "not before tuning.startup_trials"


@pytest.mark.parametrize(("trial", "epoch"), [(0, 1), (4, 2), (7, 4)])
def test_killed_in_any_trial_it_goes_on_as_if_nothing_had_been(
    undisturbed: list[Tried], tmp_path: Path, trial: int, epoch: int
) -> None:
    heard = []

    def killed(number: int, experiment: Experiment, hear: Hear) -> Outcome:
        def until(done: object, checkpoint: str) -> None:
            hear(done, checkpoint)  # type: ignore[arg-type]
            if (number, done.number) == (trial, epoch):  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        return attempt(number, experiment, until)

    def resumed(number: int, experiment: Experiment, hear: Hear) -> Outcome:
        heard.append(number)
        # Like a training, it only tells of the epochs that are left.
        skipped = epoch if number == trial else 0
        return attempt(number, experiment, lambda done, key: done.number > skipped and hear(done, key))

    with pytest.raises(KeyboardInterrupt):
        tried_in(tmp_path, made=killed)

    assert alike(tried_in(tmp_path, made=resumed)) == alike(undisturbed)
    assert heard == list(range(trial, TRIALS)), "what was over is not made again"


def test_what_a_kill_left_unsaid_is_said_when_the_trial_is_over(tmp_path: Path) -> None:
    def silent(number: int, experiment: Experiment, hear: Hear) -> Outcome:
        return attempt(number, experiment, lambda epoch, checkpoint: None)

    assert [t.epochs for t in tried_in(tmp_path, 2, silent)] == [4, 4]


def test_further_rounds_of_a_training_are_not_what_trials_are_compared_by(tmp_path: Path) -> None:
    def in_rounds(number: int, experiment: Experiment, hear: Hear) -> Outcome:
        attempt(number, experiment, hear)
        return attempt(number, experiment, hear)

    assert [(t.how, t.epochs) for t in tried_in(tmp_path, 2, in_rounds)] == [("complete", 4)] * 2


def test_asked_for_more_trials_it_goes_on(undisturbed: list[Tried], tmp_path: Path) -> None:
    assert len(tried_in(tmp_path, 5)) == 5
    assert alike(tried_in(tmp_path, TRIALS)) == alike(undisturbed)
    assert len(tried_in(tmp_path, 5)) == TRIALS, "nothing is taken back"


def test_a_trial_that_fails_is_kept_with_its_reason_and_the_search_goes_on(tmp_path: Path) -> None:
    def failing(number: int, experiment: Experiment, hear: Hear) -> Outcome:
        if number == 1:
            raise SilencioError("It diverged.", "Lower the rate.")
        return attempt(number, experiment, hear)

    tried = tried_in(tmp_path, 3, failing)

    assert [t.how for t in tried] == ["complete", "failed", "complete"]
    assert (tried[1].why, tried[1].map) == ("It diverged. Lower the rate.", None)


def test_no_trial_begins_after_the_time_is_up(tmp_path: Path) -> None:
    experiment = searched()
    tuning = experiment.tuning.model_copy(update={"timeout_minutes": 1e-9})
    with open_study(Space.of(experiment.model_copy(update={"tuning": tuning})), tmp_path) as study:
        one_by_one(search_in(study, 3))

        assert study.finished() == []


def test_the_best_is_an_experiment_file_that_says_which_trial_chose_what(
    undisturbed: list[Tried], tmp_path: Path
) -> None:
    best = max((t for t in undisturbed if t.complete), key=lambda t: t.map or 0)

    write_result(tmp_path, Space.of(searched()), undisturbed, best)

    text = (tmp_path / "best.yaml").read_text()
    found = load_experiment(str(tmp_path / "best.yaml"))
    assert found.model.dropout == best.values["model.dropout"]
    assert found.training.learning_rate == best.values["training.learning_rate"]
    assert text.startswith(f"# small, tuned: trial {best.number} of {TRIALS} has a validation mAP of")
    assert f"# trial {best.number}, of 0.01 … 1" in text
    assert f"# trial {best.number}, of [SGD, Adam]" in text


def test_every_trial_is_a_row_of_the_table(undisturbed: list[Tried], tmp_path: Path) -> None:
    write_result(tmp_path, Space.of(searched()), undisturbed, None)

    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert [int(row["trial"]) for row in rows] == list(range(TRIALS))
    assert [row["how"] for row in rows] == [t.how for t in undisturbed]
    assert float(rows[0]["model.dropout"]) == 0.2


def test_what_a_figure_hangs_on_is_the_most_important(tmp_path: Path) -> None:
    tried_in(tmp_path, TRIALS)
    with open_study(Space.of(searched()), tmp_path) as study:
        importances = study.importances()
        drawn = draw(tmp_path, study.space, study.finished(), importances)

    assert next(iter(importances)) == "model.dropout"
    assert sum(importances.values()) == pytest.approx(1)
    assert {path.name for path in drawn} == {"history.png", "values.png", "importance.png"}
    assert all(path.stat().st_size > 5_000 for path in drawn)


def test_of_too_few_trials_nothing_is_important(tmp_path: Path) -> None:
    tried_in(tmp_path, 2)
    with open_study(Space.of(searched()), tmp_path) as study:
        assert study.importances() == {}


def test_the_time_left_is_told_by_the_trials_so_far() -> None:
    tried = [Tried(n, {}, 0.5, 4, "complete", seconds=s) for n, s in enumerate([10, 20, 90])]

    assert seconds_left(tried, trials=7, at_a_time=2) == 20 * 4 / 2
