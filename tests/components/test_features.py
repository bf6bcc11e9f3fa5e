"""`features`"""

from pathlib import Path

from components.features import features
from silencio.handover import Kind, Receipt
from silencio.steps import build
from tests.components.conftest import Desk
from tests.conftest import Walked


def test_the_windows_of_a_catalog_are_handed_over(walked: Walked, tmp_path: Path) -> None:
    desk = Desk(walked.house, tmp_path)
    catalog, windows = build.ingest(walked.house, with_feedback=False), desk.artifact("windows")
    features.python_func(**desk.where, catalog=desk.holding(catalog), windows=windows)
    made = Receipt.read(Path(windows.path)).open(Kind.WINDOWS)
    assert made.facts["inputs"]["catalog"] == catalog.digest
    assert windows.metadata["said"] == f"{made.facts['windows']} windows"
