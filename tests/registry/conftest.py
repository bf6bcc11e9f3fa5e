from pathlib import Path

import pytest

from silencio.registry.record import PromotionRecord
from silencio.registry.runs import Runs
from silencio.registry.versions import Registry
from silencio.settings import Site
from silencio.workspace import Workspace
from tests.registry.bundles import Shelf


@pytest.fixture(scope="session")
def emptied_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Making MLflow's tables takes seconds: all tests of a session share one database, each with its own model."""
    return Workspace(tmp_path_factory.mktemp("registry"))


@pytest.fixture
def shelf(emptied_mlflow: Workspace, tmp_path: Path, request: pytest.FixtureRequest) -> Shelf:
    name = request.node.name.replace("_", "-").replace("[", "-").replace("]", "").lower()
    site = Site()
    return Shelf(
        Registry(site, emptied_mlflow, name),
        PromotionRecord(tmp_path / "promotions.jsonl"),
        Runs(site, emptied_mlflow),
        tmp_path,
    )
