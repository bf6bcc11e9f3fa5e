"""`ingest`"""

from pathlib import Path

from components.ingest import ingest
from silencio.handover import Kind, Receipt
from silencio.steps import build
from tests.components.conftest import Desk
from tests.conftest import Walked


def test_the_catalog_of_what_was_released_is_handed_over(walked: Walked, tmp_path: Path) -> None:
    desk = Desk(walked.house, tmp_path)
    catalog = desk.artifact("catalog")
    ingest.python_func(**desk.where, feedback=False, survey="as it was", catalog=catalog)
    made = Receipt.read(Path(catalog.path)).open(Kind.CATALOG)
    assert made == build.ingest(walked.house, with_feedback=False)
    assert catalog.metadata["said"].startswith(f"{made.facts['recordings']} recordings of ")
