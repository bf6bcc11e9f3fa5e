"""`deploy_staging`"""

from dataclasses import replace

import pytest

from components.deploy_staging import deploy_staging
from components.receipts import read_gates
from components.withdraw import withdraw
from silencio.evaluation.gates import Verdict
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.router import Track
from silencio.steps import build, notice, release
from tests.components.conftest import RUN, Desk, Workshop, moved


def tried(desk: Desk, version: Version, workshop: Workshop) -> tuple[str, dict[tuple[str, str], Verdict]]:
    gates = desk.artifact("gates")
    catalog = desk.holding(workshop.catalog)
    said = deploy_staging.python_func(**desk.noting, version=version.number, catalog=catalog, gates=gates)
    return said, {(gate.slice, gate.name): gate.verdict for gate in read_gates(gates)}


@pytest.mark.slow
def test_a_version_on_staging_bears_its_crowds(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    house = release_desk.house
    notice.begin(house, RUN)

    said, asked = tried(release_desk, staged, workshop)

    assert said == "pass"
    assert set(asked) == {
        ("2 users", "error rate"),
        ("2 users", "p95 ms"),
        ("2 users", "told to come again"),
        ("4 users", "error rate"),
        ("4 users", "told to come again"),
    }
    assert house.tracks.running()[Track.STAGING].digest == staged.bundle_digest
    told = notice.tell(house, RUN, notice.Ended("SUCCEEDED"))
    assert told.verdicts["the load test on staging"] == "pass"


@pytest.mark.slow
def test_what_it_bore_it_is_not_asked_to_bear_again(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    _, *recordings = build.unseen_recordings(workshop.catalog)  # another test may have asked with all
    first, again = (release.try_staging(release_desk.house, staged, recordings) for _ in range(2))
    assert repr(again.results) == repr(first.results)  # to the last millisecond
    assert (again.verdict, again.said) == ("pass", f"{first.said} before")

    other = release.try_staging(release_desk.house, staged, recordings[:1])
    assert repr(other.results) != repr(first.results)


def test_one_that_is_too_slow_fails_and_once_archived_is_not_tried_again(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    hurried = release_desk.house.experiment.release.model_copy(update={"max_p95_ms": 1e-3, "users": (2,)})
    experiment = release_desk.house.experiment.model_copy(update={"release": hurried})
    desk = Desk(replace(release_desk.house, experiment=experiment), release_desk.folder)

    said, asked = tried(desk, staged, workshop)

    assert said == "fail"
    assert asked["2 users", "p95 ms"] is Verdict.FAIL
    withdraw.python_func(**desk.where, version=staged.number, gates=desk.artifact("gates"))
    # As the experiment was: it is the record that remembers.
    again, remembered = tried(release_desk, staged, workshop)
    assert (again, remembered) == ("fail", {("version 1", "not tried"): Verdict.FAIL})
    [why] = read_gates(release_desk.artifact("gates"))
    assert "It was taken from staging at" in why.reason
    assert "p95 ms on 2 users" in why.reason
    assert release_desk.house.registry.get(staged.number).stage is Stage.ARCHIVED
    assert Track.STAGING not in release_desk.house.tracks.running()


def test_one_that_has_gone_further_is_left_alone(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    moved(release_desk.house, staged, Stage.CANARY, workshop)
    assert tried(release_desk, staged, workshop) == ("pass", {})
    assert release_desk.house.registry.get(staged.number).stage is Stage.CANARY
