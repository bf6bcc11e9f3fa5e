"""`survey`"""

from pathlib import Path

from components.survey import survey
from silencio.steps import notice
from tests.components.conftest import RUN, Desk
from tests.conftest import Walked


def test_what_guides_said_changes_what_there_is_to_learn_from_and_the_run_has_begun(
    walked: Walked, tmp_path: Path
) -> None:
    desk = Desk(walked.house, tmp_path)
    released, corrected = (survey.python_func(**desk.noting, feedback=feedback) for feedback in (False, True))
    assert released == survey.python_func(**desk.noting, feedback=False)
    assert released != corrected
    assert notice.tell(walked.house, RUN, notice.Ended("FAILED")).began
