"""What is told of a run when it ended, from what its steps noted."""

import json
from pathlib import Path

import pytest

from silencio.errors import GateRefused, WrongUse
from silencio.experiment import read_experiment
from silencio.settings import Site
from silencio.steps import notice
from silencio.steps.house import House
from silencio.workspace import Workspace


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(read_experiment("name: small\n"), Site(), Workspace(tmp_path / "workspace"))


def test_a_gate_that_said_no_makes_a_run_refused_however_well_its_steps_did(house: House) -> None:
    notice.begin(house, "r1")
    notice.note(house, "r1", verdicts={"offline evaluation": "fail"}, refused="It is below the bar.")
    told = notice.tell(house, "r1", notice.Ended("SUCCEEDED"))
    assert (told.outcome, told.said) == ("refused", "It is below the bar.")


def test_what_is_noted_later_is_added_to_what_was_noted_before(house: House) -> None:
    notice.begin(house, "r1")
    notice.note(house, "r1", verdicts={"a": "pass"}, links={"training": "http://mlflow"})
    notice.note(house, "r1", verdicts={"b": "pass"}, links={"report": "/r.html"}, version="3")
    told = notice.tell(house, "r1", notice.Ended("SUCCEEDED"))
    assert (told.verdicts, told.version) == ({"a": "pass", "b": "pass"}, "3")
    assert list(told.links) == ["training", "report"]


def test_a_run_that_begins_again_under_its_name_begins_anew(house: House) -> None:
    notice.begin(house, "r1")
    notice.note(house, "r1", refused="No.")
    notice.begin(house, "r1")
    assert notice.tell(house, "r1", notice.Ended("SUCCEEDED")).outcome == "passed"


def test_why_a_run_trains_is_told_with_what_became_of_it(house: House) -> None:
    notice.note(house, "r1", why="Guides corrected 12 recordings.")
    notice.begin(house, "r1")
    notice.note(house, "r1", done="Version 3 is on staging.")
    told = notice.tell(house, "r1", notice.Ended("SUCCEEDED"))
    assert told.text() == "small: passed. Version 3 is on staging.\nGuides corrected 12 recordings."
    assert "\nGuides corrected 12 recordings.\n" in told.markdown()


def test_what_broke_before_the_run_or_in_another_experiment_is_not_its_own(house: House) -> None:
    notice.broke(house, "ingest", ValueError("of the run before"))
    notice.begin(house, "r1")
    other = House(read_experiment("name: other\n"), house.site, house.workspace)
    notice.broke(other, "ingest", ValueError("of another experiment"))
    told = notice.tell(house, "r1", notice.Ended("FAILED", "exit-handler-1", "it failed"))
    assert (told.step, told.error) == ("exit-handler-1", "it failed")


def test_the_last_step_that_broke_is_the_one_that_ended_the_run(house: House) -> None:
    notice.begin(house, "r1")
    notice.broke(house, "features", OSError("away for a moment"))
    notice.broke(house, "register", GateRefused("Somebody was first.", "Look."))
    told = notice.tell(house, "r1", notice.Ended("FAILED"))
    assert (told.outcome, told.step, told.error) == ("failed", "register", "Somebody was first. Look.")
    assert told.text() == "small: failed. register broke: Somebody was first. Look."


def test_told_twice_it_is_told_the_same(house: House) -> None:
    notice.begin(house, "r1")
    notice.note(house, "r1", verdicts={"a": "fail"}, refused="No.")
    first, second = (notice.tell(house, "r1", notice.Ended("SUCCEEDED")) for _ in range(2))
    assert (first.said, first.verdicts, first.outcome) == (second.said, second.verdicts, second.outcome)
    kept = json.loads(notice.file_of(house.workspace, "r1").read_text())
    assert kept["outcome"] == "refused"


def test_a_run_that_somebody_stopped_is_neither_passed_nor_broken(house: House) -> None:
    assert notice.tell(house, "r1", notice.Ended("CANCELLED")).outcome == "stopped"


@pytest.mark.parametrize("name", ["", "../r1", "a/b", ".hidden", "x" * 129])
def test_a_name_that_is_no_name_is_refused(house: House, name: str) -> None:
    with pytest.raises(WrongUse, match="is no name of a run"):
        notice.begin(house, name)
