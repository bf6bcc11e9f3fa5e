from functools import partial
from pathlib import Path

import pytest

from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.gates import GateResult
from silencio.optimize.bundle import Bundle
from silencio.registry.record import Entry, Overtaken
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.promote import promote
from tests.registry.bundles import Shelf
from tests.registry.conftest import emptied_mlflow, shelf
from tests.registry.racing import Kind, at_once

__all__ = ["emptied_mlflow", "shelf"]

GOOD = GateResult.at_least("map", "overall", 0.7, 0.5)
BAD = GateResult.at_least("map", "night", 0.3, 0.5)
UNKNOWN = GateResult.inconclusive("map", "insects", 0.5, "3 windows, 20 are needed.")


def move(
    shelf: Shelf,
    version: Version,
    bundle: Bundle,
    to: Stage,
    *gates: GateResult,
    by: str | None = None,
) -> Entry | None:
    now = shelf.registry.get(version.number)
    return promote(
        shelf.registry, shelf.record, now, to, bundle=bundle, gates=gates, approved_by=by, reason="a test"
    )


def promoted(shelf: Shelf) -> tuple[Version, Bundle]:
    version, bundle = shelf.version()
    for stage in (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION):
        move(shelf, version, bundle, stage, GOOD, by="Rosa")
    return shelf.registry.get(version.number), bundle


def test_a_version_goes_up_stage_by_stage(shelf: Shelf) -> None:
    version, _ = promoted(shelf)
    assert version.stage is Stage.PRODUCTION
    assert [e.move["stage"] for e in shelf.record.verify()] == ["staging", "canary", "production"]


def test_the_record_names_data_commit_run_and_bundle(shelf: Shelf) -> None:
    _, bundle = promoted(shelf)
    last = shelf.record.verify()[-1].move
    for field, fact in {"data": "catalog", "commit": "commit", "run": "run_id"}.items():
        assert last[field] == bundle.facts[fact]
    assert last["bundle"] == bundle.digest
    assert last["gates"] == [GOOD.to_json()]


@pytest.mark.parametrize("gates", [(BAD,), (GOOD, BAD), (UNKNOWN,), (GOOD, UNKNOWN), ()])
def test_nothing_goes_up_unless_every_gate_passed(shelf: Shelf, gates: tuple[GateResult, ...]) -> None:
    version, bundle = shelf.version()
    with pytest.raises(GateRefused, match="may not go to staging"):
        move(shelf, version, bundle, Stage.STAGING, *gates)
    assert shelf.registry.get(version.number).stage is Stage.CANDIDATE
    assert shelf.record.verify() == []


@pytest.mark.parametrize("nobody", [None, ""])
def test_production_takes_a_persons_name(shelf: Shelf, nobody: str | None) -> None:
    version, bundle = shelf.version()
    move(shelf, version, bundle, Stage.STAGING, GOOD)
    move(shelf, version, bundle, Stage.CANARY, GOOD)
    with pytest.raises(GateRefused, match="waits for a person's approval"):
        move(shelf, version, bundle, Stage.PRODUCTION, GOOD, by=nobody)
    assert shelf.registry.at(Stage.PRODUCTION) is None


def test_no_stage_is_skipped(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    with pytest.raises(WrongUse, match="is at candidate; from there nothing goes to production"):
        move(shelf, version, bundle, Stage.PRODUCTION, GOOD, by="Rosa")


def test_the_champion_before_is_archived_and_the_record_says_why(shelf: Shelf) -> None:
    first, _ = promoted(shelf)
    second, _ = promoted(shelf)
    assert shelf.registry.get(first.number).stage is Stage.ARCHIVED
    assert shelf.registry.at(Stage.PRODUCTION) == second
    last = shelf.record.verify()[-1].move
    assert (last["version"], last["stage"]) == (first.number, "archived")
    assert last["reason"] == f"version {second.number} took its place"


def test_an_archived_champion_can_come_back(shelf: Shelf) -> None:
    first, bundle = promoted(shelf)
    promoted(shelf)
    move(shelf, first, bundle, Stage.PRODUCTION, GOOD, by="Rosa")
    holder = shelf.registry.at(Stage.PRODUCTION)
    assert holder is not None
    assert holder.number == first.number


def test_a_move_to_where_it_stands_is_none(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    move(shelf, version, bundle, Stage.STAGING, GOOD)
    assert move(shelf, version, bundle, Stage.STAGING, GOOD) is None
    assert len(shelf.record.verify()) == 1


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_of_two_at_once_one_wins_and_the_other_is_told_who(shelf: Shelf, kind: Kind) -> None:
    contenders = {"Rosa": shelf.version(), "Hugo": shelf.version()}
    goers = [partial(move, shelf, *contenders[by], Stage.STAGING, GOOD, by=by) for by in contenders]
    refused = dict(zip(contenders, at_once(kind, goers), strict=True))
    [winner] = [by for by, said in refused.items() if not said]
    [loser] = [by for by, said in refused.items() if said]
    number = contenders[winner][0].number
    assert f"version {number} went to staging first" in refused[loser]
    assert f"approved by {winner}" in refused[loser]
    assert shelf.registry.at(Stage.STAGING) == shelf.registry.get(number)
    assert shelf.registry.get(contenders[loser][0].number).stage is Stage.CANDIDATE
    assert len(shelf.record.verify()) == 1


def test_a_version_that_was_moved_since_it_was_looked_at_stays_where_it_is(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    move(shelf, version, bundle, Stage.STAGING, GOOD, by="Rosa")
    with pytest.raises(Overtaken, match=r"version 1 went to staging first, at .*, approved by Rosa"):
        promote(
            shelf.registry,
            shelf.record,
            version,
            Stage.ARCHIVED,
            bundle=bundle,
            approved_by="Hugo",
            reason="x",
        )
    assert shelf.registry.get("1").stage is Stage.STAGING


def test_the_image_that_a_version_was_packaged_in_goes_with_it(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    for stage, image in ((Stage.STAGING, "sha256:1"), (Stage.CANARY, None)):
        now = shelf.registry.get(version.number)
        promote(
            shelf.registry,
            shelf.record,
            now,
            stage,
            bundle=bundle,
            gates=[GOOD],
            reason="a test",
            image=image,
        )
    assert [e.move["image"] for e in shelf.record.verify()] == ["sha256:1", "sha256:1"]


def test_the_record_goes_with_every_version_that_moved(shelf: Shelf) -> None:
    for version, _ in (promoted(shelf), promoted(shelf)):
        home = version.home
        kept = shelf.runs.client.download_artifacts(home.run, f"{home.place}/{shelf.record.path.name}")
        assert shelf.record.content().startswith(Path(kept).read_bytes())
        assert version.tag("record") in {f"{line.number} {line.hash}" for line in shelf.record.lines()}
