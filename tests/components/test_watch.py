"""`watch`"""

import json
from pathlib import Path

from components.watch import watch
from tests.components.conftest import Desk
from tests.conftest import Walked


def test_what_guides_corrected_is_a_reason_to_train_again_and_the_page_says_so(
    walked: Walked, tmp_path: Path
) -> None:
    desk = Desk(walked.house, tmp_path)
    outlook, page = desk.artifact("outlook"), desk.artifact("page")
    assert watch.python_func(**desk.where, outlook=outlook, page=page)
    assert [reason["why"] for reason in json.loads(Path(outlook.path).read_text())["reasons"]] == ["feedback"]
    assert "<h1>Train again</h1>" in Path(page.path).read_text()
