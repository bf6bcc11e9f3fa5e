"""A search on Ray, over trials that are made up; Ray and its processes are real."""

import pytest

from silencio.settings import Experiment
from silencio.terminal import bar
from silencio.training.tuning.on_ray import on_ray
from silencio.training.tuning.search import Hear, Outcome, one_by_one
from silencio.training.tuning.space import Space
from silencio.training.tuning.study import Tried, open_study
from tests.training.tuning.made_up import attempt, search_in, searched

TRIALS = 8
pytestmark = pytest.mark.slow


def killed(number: int, experiment: Experiment, hear: Hear) -> Outcome:
    if number == 2:
        raise KeyboardInterrupt
    return attempt(number, experiment, hear)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    """Begun here, killed in its third trial, and gone on with on Ray."""
    folder = tmp_path_factory.mktemp("search")
    with open_study(Space.of(searched()), folder) as study, pytest.raises(KeyboardInterrupt):
        one_by_one(search_in(study, TRIALS, killed))
    with open_study(Space.of(searched()), folder) as study:
        search = search_in(study, TRIALS)
        with bar("tune") as search.tell:
            on_ray(search, None, 2, folder / "ray")
        assert not (folder / "ray").exists(), "Ray's own notes are of no use afterwards"
        return study.finished()


def test_every_trial_is_made_once_also_the_one_that_was_killed(tried: list[Tried]) -> None:
    assert [t.number for t in tried] == list(range(TRIALS))


def test_what_a_trial_tells_is_the_same_as_without_a_cluster(tried: list[Tried]) -> None:
    for trial in tried:
        if trial.complete:
            expected = 1 - trial.values["model.dropout"] + 0.001 * trial.values["training.learning_rate"]
            assert trial.map == pytest.approx(expected)
            assert trial.epochs == 4


def test_a_trial_that_is_cut_short_or_fails_is_kept_as_such(tried: list[Tried]) -> None:
    for trial in tried:
        fails = trial.values["training.optimizer"] == "Adam" and trial.values["model.dropout"] > 0.4
        assert (trial.how == "failed") == fails
        if trial.how == "cut short":
            assert 2 <= trial.epochs < 4
