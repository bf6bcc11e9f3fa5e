from silencio.monitoring.triggers import reasons_to_retrain
from silencio.steps import build
from tests.conftest import Walked


def test_without_a_champion_there_is_reason_enough(walked: Walked) -> None:
    catalog = build.ingest(walked.house, with_feedback=False)
    assert reasons_to_retrain(catalog, None) == ["There is no champion yet."]


def test_a_champion_that_learned_from_this_catalog_stays(walked: Walked) -> None:
    catalog = build.ingest(walked.house, with_feedback=False)
    assert reasons_to_retrain(catalog, {"catalog": catalog.digest}) == []


def test_a_correction_since_then_is_a_reason(walked: Walked) -> None:
    learned = build.ingest(walked.house, with_feedback=False)
    now = build.ingest(walked.house)
    reasons = reasons_to_retrain(now, {"catalog": learned.digest})
    assert reasons[-1] == "Recordings in it that guides corrected: 1."
