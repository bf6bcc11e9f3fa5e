"""Why a version is in the archive, and which may come back by themselves."""

import pytest

from silencio.evaluation.gates import GateResult
from silencio.registry.departure import Departure, departure
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.promote import promote
from tests.registry.bundles import Shelf
from tests.registry.conftest import emptied_mlflow, shelf
from tests.registry.mortal import go, up_to_production

__all__ = ["emptied_mlflow", "shelf"]

BAD = GateResult.at_most("p95 ms", "8 users", 900.0, 300.0)


def archived(shelf: Shelf, version: Version, *gates: GateResult, reason: str = "deaf to owls") -> None:
    now, bundle = shelf.registry.get(version.number), shelf.registry.fetch(version)
    promote(shelf.registry, shelf.record, now, Stage.ARCHIVED, bundle=bundle, gates=gates, reason=reason)


def left(shelf: Shelf, version: Version) -> Departure:
    found = departure(shelf.record, version)
    assert found is not None
    return found


@pytest.mark.parametrize("stage", [Stage.STAGING, Stage.CANARY, Stage.PRODUCTION])
def test_one_whose_place_another_took_may_come_back(shelf: Shelf, stage: Stage) -> None:
    first, second = shelf.version()[0], shelf.version()[0]
    way = (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION)
    for version in (first, second):
        for step in way[: way.index(stage) + 1]:
            go(shelf, version, step)
    assert departure(shelf.record, second) is None
    found = left(shelf, first)
    assert (found.came_from, found.replaced) == (stage, True)
    assert found.said.endswith(" UTC: version 2 took its place.")


@pytest.mark.parametrize("gates", [(BAD,), ()], ids=["by a gate", "by a person"])
def test_one_that_was_taken_back_may_not(shelf: Shelf, gates: tuple[GateResult, ...]) -> None:
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    archived(shelf, version, *gates)
    found = left(shelf, version)
    assert not found.replaced
    assert "It was taken from staging at " in found.said
    assert found.said.endswith("deaf to owls.")


def test_a_champion_that_had_to_go_for_the_one_before_may_not(shelf: Shelf) -> None:
    first, _ = up_to_production(shelf)
    second, _ = up_to_production(shelf)
    go(shelf, first, Stage.PRODUCTION)
    assert not left(shelf, second).replaced


def test_it_is_the_last_time_that_counts(shelf: Shelf) -> None:
    first, second = shelf.version()[0], shelf.version()[0]
    for version in (first, second, first):
        go(shelf, version, Stage.STAGING)
    assert left(shelf, second).replaced
    archived(shelf, first, BAD)
    assert not left(shelf, first).replaced
