"""What watching hears: what came since, and nothing that the champion was told the answer of."""

from datetime import datetime

from silencio.experiment import load_experiment
from silencio.monitoring.champion import Learnt
from silencio.settings import Site
from silencio.steps.house import House
from silencio.steps.watch import heard_by_service
from silencio.workspace import Workspace
from tests.bundles import make_bundle, tone
from tests.data.feedback.stores import say, send

LONG_AGO = datetime(2020, 1, 1)


def test_what_the_champion_learned_from_tells_nothing_of_drift(workspace: Workspace) -> None:
    house = House(load_experiment("tiny"), Site(workspace=str(workspace.root)), workspace)
    bundle = make_bundle(workspace.root / "bundle")
    code = bundle.species[0].code
    known, _ = (
        send(house.feedback, name, tone(code, seed=seed), said_at=f"2026-03-0{seed}T10:00:00")
        for seed, name in enumerate(("known", "new"), start=1)
    )
    for name in ("known", "new"):
        say(house.feedback, name, "Ana", code)

    def days(learnt: Learnt | None) -> list[int]:
        return [seen.at.day for seen in heard_by_service(house, bundle, learnt).since(LONG_AGO)]

    learnt = Learnt(frozenset(), frozenset({f"{known.split('.')[0]} {code}"}), {}, {})
    assert sorted(days(None)) == [1, 2]
    assert days(learnt) == [2]
