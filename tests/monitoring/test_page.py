import re
from datetime import UTC, date, datetime, timedelta

from silencio.monitoring.drift import Drift, look_for_drift
from silencio.monitoring.page import render
from silencio.monitoring.reasons import Reason, Why
from tests.monitoring.days import FIRST, Forest, less_sure, louder

AT = datetime(2025, 2, 1, 12, tzinfo=UTC)
FOREST = Forest(2)
REFERENCE = FOREST.reference()


def drifted() -> Drift:
    usual = FOREST.days(0, 14)
    changed = [
        louder(less_sure(one, -3), 3) if one.recorder == "site 1" else one for one in FOREST.days(14, 7, 60)
    ]
    return look_for_drift(REFERENCE, [*usual, *changed], FIRST.date() + timedelta(days=21))


def page(*reasons: Reason) -> str:
    return render(drifted(), REFERENCE, reasons, AT)


def test_the_verdict_stands_first_and_each_reason_below_it() -> None:
    text = page(Reason(Why.DRIFT, "Everything sounds otherwise.", "1"))
    verdict, reason, tests = (
        text.index(said) for said in ("<h1>Train again", "Everything sounds", 'id="input"')
    )
    assert verdict < reason < tests
    assert "<h1>The champion stays" in page()


def test_it_says_which_recorder_and_which_bands_changed() -> None:
    text = page()
    assert "recordings of site 1" in text
    assert re.search(r"By recorder and part of the day", text)
    assert text.count('class="louder"') + text.count('class="quieter"') >= 8


def test_every_block_is_listed_and_every_alarm_marked() -> None:
    drift = drifted()
    assert drift.alarms
    assert page().count('<span class="pill fail">alarm') == 2 * len(drift.alarms)


def test_it_loads_nothing_and_runs_no_script_but_its_own() -> None:
    text = page()
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="(?!#|data:)', text)


def test_names_from_outside_are_escaped() -> None:
    heard = [less_sure(one, -3) for one in FOREST.day(0, 60)]
    evil = [
        type(one)(one.at, "<script>alert(1)</script>", one.heights, one.confidences, one.over)
        for one in heard
    ]
    text = render(look_for_drift(REFERENCE, evil, date(2026, 1, 1)), REFERENCE, (), AT)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_where_nothing_is_known_it_says_so() -> None:
    assert "Of drift nothing is known: there is no champion." in render(
        None, None, (), AT, "there is no champion"
    )
    nothing = look_for_drift(REFERENCE, [], FIRST.date())
    assert "too little was heard" in render(nothing, REFERENCE, (), AT)


def test_equal_findings_give_an_equal_page() -> None:
    assert page() == page()
