import json

import pytest

from silencio.errors import SilencioError
from silencio.registry.claims import Taken
from silencio.registry.moving import turn
from silencio.registry.stages import Stage
from tests.registry.bundles import Shelf
from tests.registry.looked import faults, repaired
from tests.registry.mortal import go, survives, up_to_production


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_a_promotion_killed_at_any_point_is_finished_or_undone_by_a_repair(shelf: Shelf, stride: int) -> None:
    """Before each of its writes, to the registry and to the record; quickly, before every fifth."""
    challenger, champion = up_to_production(shelf)[0], up_to_production(shelf)[0]
    ends, writes = list[str](), 0
    while not survives(shelf, challenger, Stage.PRODUCTION, writes):
        ends += (said := repaired(shelf))
        assert faults(shelf) == [], f"killed after {writes} writes, repaired: {said}"
        assert repaired(shelf) == [], "what is whole is left as it is"
        at = {version.number: version.stage for version in shelf.registry.versions()}
        made = at[challenger.number] is Stage.PRODUCTION
        assert at[champion.number] is (Stage.ARCHIVED if made else Stage.PRODUCTION), "both moved, or none"
        if made:
            challenger, champion = champion, challenger
        writes += stride
    assert faults(shelf) == []
    assert writes > 15
    assert any(" is undone: nothing of it had been made" in said for said in ends)
    assert any(" is finished: a part of it had been made" in said for said in ends)


def test_what_was_begun_stands_in_the_way_of_the_next_until_it_is_repaired(shelf: Shelf) -> None:
    version, _ = shelf.version()
    assert not survives(shelf, version, Stage.STAGING, 3)
    with (
        pytest.raises(Taken, match="silencio registry repair"),
        turn(shelf.registry, shelf.record, "x", "Hugo", 0),
    ):
        pytest.fail("it was let in")
    assert any("Version 1 to staging, approved by Rosa, was begun at" in said for said in faults(shelf))
    repaired(shelf)
    go(shelf, version, Stage.STAGING)
    assert faults(shelf) == []


def test_whoever_is_still_at_work_is_left_to_it(shelf: Shelf) -> None:
    shelf.version()
    with turn(shelf.registry, shelf.record, "version 1 to staging", "Rosa"):
        with pytest.raises(
            SilencioError, match=r"version 1 to staging, begun by Rosa .* may still be at work"
        ):
            repaired(shelf)
        assert [said.partition(" begun")[0] for said in repaired(shelf, by_force=True)] == [
            "The turn of version 1 to staging,"
        ]


def test_a_process_on_another_machine_is_taken_for_alive(shelf: Shelf) -> None:
    shelf.version()
    claim = shelf.registry.claims.take("f" * 64, "version 1 to staging", "Rosa")
    shelf.runs.client.set_registered_model_tag(claim.name, "silencio.host", "far-away")
    with pytest.raises(SilencioError, match="repair with --force"):
        repaired(shelf)
    assert repaired(shelf, by_force=True)
    assert shelf.registry.claims.all() == []


def test_a_record_without_a_sound_copy_anywhere_is_not_made_up(shelf: Shelf) -> None:
    version, _ = shelf.version()
    go(shelf, version, Stage.STAGING)
    note = shelf.registry.copies.note()
    assert note is not None
    told = json.dumps({**vars(note), "file": "nowhere/promotions.jsonl"})
    shelf.runs.client.set_registered_model_tag(version.model, "silencio.record", told)
    shelf.record.path.write_bytes(shelf.record.content().replace(b"Rosa", b"Hugo"))
    with pytest.raises(SilencioError, match="Restore either from a backup"):
        repaired(shelf)
