"""What a changed threshold leaves as it is."""

import pytest

from silencio.experiment import load_experiment
from silencio.settings import Site
from silencio.steps import build, rounds
from silencio.steps.house import House
from tests.conftest import Walked

CHANGES = ("evaluation.gates.0.at_least=0.11", "optimize.map_loss=0.8", "release.max_p95_ms=200")


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_ingested_heard_or_learnt_again(walked: Walked, change: str) -> None:
    """By the very functions that the steps call, with the whole experiment, as they are given it."""
    workspace = walked.house.workspace
    house = House(load_experiment("tiny", [change]), Site(workspace=str(workspace.root)), workspace)
    catalog = build.ingest(house, with_feedback=False)
    windows = build.features(house, catalog)
    checkpoint = rounds.train(house, catalog, windows)
    assert [made.just_made for made in (catalog, windows, checkpoint)] == [False] * 3
