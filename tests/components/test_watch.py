"""`watch`"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.watch import watch
from silencio.steps import inside, notice
from tests.components.conftest import RUN, Desk
from tests.conftest import Walked


@pytest.fixture
def desk(walked: Walked, tmp_path: Path) -> Iterator[Desk]:
    """Of the walked loop, which remembers nothing of this afterwards."""
    path = inside.memory_of(walked.house).path
    before = path.read_bytes() if path.exists() else b""
    yield Desk(walked.house, tmp_path)
    path.write_bytes(before)


def watched(desk: Desk, run: str = RUN, feedback: bool = True) -> tuple[bool, list[str]]:
    """Whether to train, and the kinds of reasons."""
    outlook, page = desk.artifact("outlook"), desk.artifact("page")
    given = {**desk.where, "run": run, "feedback": feedback}
    yes = watch.python_func(**given, outlook=outlook, page=page)
    assert ("<h1>Train again</h1>" in Path(page.path).read_text()) == feedback
    return yes, [reason["why"] for reason in json.loads(Path(outlook.path).read_text())["reasons"]]


def test_what_guides_corrected_is_a_reason_to_train_and_the_run_is_remembered_for_it(desk: Desk) -> None:
    assert watched(desk) == (True, ["feedback"])
    training = inside.memory_of(desk.house).trainings()[-1]
    assert training.inside is not None
    assert (training.inside.run, training.exit_code) == (RUN, None)
    assert [reason.why for reason in training.reasons] == ["feedback"]


def test_another_run_meanwhile_does_not_train_and_says_why(desk: Desk) -> None:
    watched(desk)
    assert watched(desk, "another-run") == (False, ["feedback"])
    told = notice.tell(desk.house, "another-run", notice.Ended("SUCCEEDED"))
    assert (told.outcome, told.said.endswith(": one at a time.")) == ("passed", True)


def test_corrections_that_the_training_would_not_hear_are_no_reason(desk: Desk) -> None:
    assert watched(desk, feedback=False) == (False, [])
    told = notice.tell(desk.house, RUN, notice.Ended("SUCCEEDED"))
    assert told.said == "Nothing new: the champion stays."
