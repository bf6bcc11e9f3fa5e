"""What the demo prints, measures and links; that it turns the loop is held by tests/test_loop.py."""

import io
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipelines.demo.gained import Said, gains
from pipelines.demo.guide import Answered, Walked
from pipelines.demo.page import Told, Worth, write_page
from pipelines.demo.showing import gain_lines, what_she_says, what_was_heard
from silencio.data.reserve.walks import plan_walks
from silencio.settings import Reserve

FROG = {"common_name": "Litter frog", "confidence": 0.934}
ANSWERS = {
    "soundscape_7.ogg": {"seconds": 60.0, "species": [FROG, {"common_name": "Antshrike", "confidence": 0.5}]},
    "night.ogg": {"seconds": 5.25, "species": []},
}
SMALL = Reserve(species=4, recordings_per_species=5, recordists=4, soundscapes=4, sites=2)
ASKED = [
    Walked(one, Path(f"{one.identifier}.ogg"), datetime(2030, 1, 1))
    for one in plan_walks(SMALL, "A", 20, 1, 1.0)
]
LABELS = sorted({one.recording.species.code for one in ASKED})


def printed(answers: object, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(answers)
    return out.getvalue()


def said(right: int) -> Said:
    """Sure of what calls in so many recordings, and of another species in the rest."""
    answers = {}
    for number, one in enumerate(ASKED):
        first = LABELS.index(one.recording.species.code)
        surest = LABELS[first if number < right else (first + 1) % len(LABELS)]
        answers[one.recording.identifier] = {code: 0.9 if code == surest else 0.1 for code in LABELS}
    return answers


def test_each_recording_is_a_line_with_what_was_heard_in_it() -> None:
    lines = [
        [cell.strip() for cell in line.split("  ") if cell.strip()]
        for line in printed(what_was_heard(ANSWERS), 100).splitlines()
    ]
    assert lines == [
        ["recording", "seconds", "heard"],
        ["soundscape_7.ogg", "60.0", "Litter frog 93%, Antshrike 50%"],
        ["night.ogg", "5.2", "nothing that it is sure of"],
    ]


def test_nothing_is_cut_off_on_a_narrow_terminal() -> None:
    words = printed(what_was_heard(ANSWERS), 48).replace("\n", " ").split()
    assert {"93%,", "Antshrike", "50%"} <= set(words)


def test_what_the_service_heard_stands_beside_what_the_guide_says() -> None:
    names = {code: f"Species {code}" for code in LABELS}
    one = next(one for one in ASKED if one.recording.secondary is None)
    text = printed(what_she_says([Answered(one, "digest", "r", (), {})], names), 100)
    assert "nothing that it is sure of" in text
    assert f"Species {one.recording.species.code}" in text


@given(st.integers(0, 20), st.integers(0, 20))
def test_accuracy_is_the_share_of_recordings_whose_surest_species_calls(before: int, after: int) -> None:
    alone = [one for one in ASKED if one.recording.secondary is None]
    accuracy = next(
        g for g in gains(alone, LABELS, said(before), said(after), 20, 1) if g.metric == "accuracy"
    )
    for estimate, right in ((accuracy.before, before), (accuracy.after, after)):
        expected = sum(ASKED.index(one) < right for one in alone) / len(alone)
        assert estimate.value == pytest.approx(expected)
    assert accuracy.difference.value == pytest.approx(accuracy.after.value - accuracy.before.value)


def test_a_model_that_learned_is_told_from_one_that_did_not() -> None:
    for gain in gains(ASKED, LABELS, said(8), said(19), 500, 1):
        assert gain.difference.low > 0, gain.metric
    for gain in gains(ASKED, LABELS, said(8), said(8), 500, 1):
        assert (gain.difference.low, gain.difference.high) == (0, 0), gain.metric


def test_a_line_of_a_gain_tells_both_and_the_interval() -> None:
    figure, before, after, difference, interval = gain_lines(gains(ASKED, LABELS, said(8), said(19), 100, 1))[
        0
    ]
    assert figure == "mAP"
    assert float(after) > float(before)
    assert difference.startswith("+")
    assert " to " in interval


def test_the_page_links_files_from_where_it_lies_and_escapes_what_it_is_told(tmp_path: Path) -> None:
    report = tmp_path / "models/a b/report.html"
    told = Told(
        [("rolled back", "<b>2")], ["It is <dull>."], [("here", "mAP", "0.1", "0.2", "+0.1", "0 to 1")]
    )
    worth = [
        Worth("report", report, "gates"),
        Worth("service", "http://127.0.0.1:8000", "ask it"),
        Worth("next", "silencio watch demo", "why"),
    ]
    (tmp_path / "reports").mkdir()
    page = write_page(tmp_path / "reports", told, worth).read_text()

    assert 'href="../models/a%20b/report.html"' in page
    assert 'href="http://127.0.0.1:8000"' in page
    assert "<code>silencio watch demo</code>" in page
    assert "&lt;b&gt;2" in page
    assert "It is &lt;dull&gt;." in page
    assert "prefers-color-scheme: dark" in page
    assert "src=" not in page, "it loads nothing"


def test_without_a_second_round_the_page_has_no_gain(tmp_path: Path) -> None:
    page = write_page(tmp_path, Told([("promoted", "version 1")], [], []), []).read_text()
    assert "What the second round gained" not in page
    assert "Why it trained again" not in page


def test_her_walks_are_over_on_the_morning_after_the_last_day() -> None:
    from pipelines.demo.guide import DAYS, Walks

    walks = Walks("walks", date(2030, 1, 1), (), ())
    assert walks.over.replace(tzinfo=None) == datetime(2030, 1, 1 + DAYS, 6)
