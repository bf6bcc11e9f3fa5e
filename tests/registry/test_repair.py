from silencio.registry.repair import repair
from silencio.registry.stages import Stage
from silencio.registry.verify import verify
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf
from tests.registry.mortal import survives, up_to_production


def faults(shelf: Shelf) -> list[str]:
    found = verify(shelf.registry, shelf.record, Workspace(shelf.folder), {})
    return [f"{fault.problem} {fault.remedy}" for fault in found.faults]


def repaired(shelf: Shelf) -> list[str]:
    return list(repair(shelf.registry, shelf.record))


def test_a_promotion_killed_at_any_point_is_finished_or_undone_by_a_repair(shelf: Shelf) -> None:
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
        writes += 1
    assert faults(shelf) == []
    assert any(" is undone: nothing of it had been made" in said for said in ends)
    assert any(" is finished: a part of it had been made" in said for said in ends)
