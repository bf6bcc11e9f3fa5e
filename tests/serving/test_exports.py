"""Answers as other programs read them."""

import csv
import io
from contextlib import suppress

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from silencio.optimize.bundle import Bundle
from silencio.serving.engine.heard import Heard
from silencio.serving.engine.opening import open_served
from silencio.serving.exports import audacity, birdclef, raven
from silencio.serving.exports.cells import line, plain
from silencio.serving.exports.formats import MEDIA_TYPES, accepted
from silencio.serving.findings import Findings
from silencio.serving.problems import Problem
from silencio.serving.wish import Wish
from tests.bundles import SPECIES, tone

HEARD = [[0.9, 0.1, 0.6], [0.8, 0.1, 0.1], [0.1, 0.2, 0.7]]


@pytest.fixture(scope="module")
def heard(bundle: Bundle) -> Heard:
    """Three windows, of which the last is half silence."""
    return Heard(open_served(bundle, 1), 2.5, np.array([0.0, 1.0, 2.0]), np.array(HEARD, np.float32))


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_birdclef_wants_a_row_a_window_named_by_the_second_at_which_it_ends(heard: Heard) -> None:
    head, *body = rows(birdclef.text(Findings.of("soundscape_17", heard)))
    assert head == ["row_id", *(s.code for s in SPECIES)]
    assert [row[0] for row in body] == ["soundscape_17_1", "soundscape_17_2", "soundscape_17_3"]
    np.testing.assert_allclose([[float(p) for p in row[1:]] for row in body], HEARD, atol=1e-6)


def test_birdclef_rows_of_several_recordings_share_one_header(heard: Heard) -> None:
    found = Findings.of("a", heard)
    assert birdclef.text(found, header=False) == birdclef.text(found).partition("\n")[2]


def test_raven_wants_a_selection_a_detection_by_time(heard: Heard) -> None:
    head, *body = rows(raven.text(Findings.of("a", heard)), "\t")
    assert head == list(raven.COLUMNS)
    told = [(r[0], r[3], r[4], r[7], r[9]) for r in body]
    assert told == [
        ("1", "0.000", "1.000", "Antshrike", "0.9000"),
        ("2", "0.000", "1.000", "Howler monkey", "0.6000"),
        ("3", "1.000", "2.000", "Antshrike", "0.8000"),
        ("4", "2.000", "2.500", "Howler monkey", "0.7000"),
    ]
    assert {(r[1], r[2], r[5], r[6]) for r in body} == {("Spectrogram 1", "1", "50.0", "8000.0")}


def test_windows_in_a_row_become_one_selection_where_that_is_asked_for(heard: Heard) -> None:
    text = audacity.text(Findings.of("a", heard), merge=True)
    assert text.splitlines() == [
        "0.000000\t2.000000\tAntshrike 0.90",
        "0.000000\t1.000000\tHowler monkey 0.60",
        "2.000000\t2.500000\tHowler monkey 0.70",
    ]


def test_tables_show_what_was_wished_for(heard: Heard) -> None:
    one = Findings.of("a", heard, Wish(species=("howmon1",), min_confidence=0.65))
    assert rows(birdclef.text(one))[0] == ["row_id", "howmon1"]
    assert audacity.text(one) == "2.000000\t2.500000\tHowler monkey 0.70\n"
    assert "Howler" not in raven.text(Findings.of("a", heard, Wish(top_k=1)))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.sampled_from(",\t"))
def test_a_cell_is_one_line_and_never_a_formula(cells: list[str], delimiter: str) -> None:
    written = line(cells, delimiter)
    assert rows(written, delimiter) == [[plain(cell) for cell in cells]]
    assert written.count("\n") == 1
    assert not any(plain(cell).startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.parametrize(
    ("header", "format"),
    [
        (None, "json"),
        ("*/*", "json"),
        ("text/csv", "csv"),
        ("text/html, text/csv;q=0.5", "csv"),
        ("text/*", "csv"),
        ("text/*;q=0.2, text/plain", "audacity"),
        ("application/json;q=0.1, text/tab-separated-values", "raven"),
        ("application/json;q=0, */*;q=0.1", "csv"),
        ("text/csv;q=lots, text/plain;q=0.1", "audacity"),
    ],
)
def test_the_format_is_what_the_caller_likes_best(header: str | None, format: str) -> None:
    assert accepted(header) == format


@given(st.text(max_size=60))
def test_whatever_is_accepted_is_answered_or_refused(header: str) -> None:
    with suppress(Problem):
        assert accepted(header) in MEDIA_TYPES


def test_a_format_is_asked_for_by_accept_or_by_the_query(service: TestClient) -> None:
    recording = tone("frogli1", 2.0)
    by_query = service.post("/v1/identify?format=csv&name=dawn", content=recording)
    by_accept = service.post("/v1/identify?name=dawn", content=recording, headers={"accept": "text/csv"})
    assert by_query.text == by_accept.text
    assert by_query.headers["content-type"] == "text/csv; charset=utf-8"
    assert by_query.headers["content-disposition"] == 'attachment; filename="dawn.csv"'
    assert service.post("/v1/identify", content=recording, headers={"accept": "image/png"}).status_code == 406


def test_a_table_is_called_after_the_file_that_was_sent(service: TestClient) -> None:
    sent = {"file": ("../=cmd|'/C calc'!A1.wav", tone("frogli1"))}
    answer = service.post("/v1/identify?format=csv", files=sent)
    assert rows(answer.text)[1][0].startswith("C calc__A1_1")
    label = service.post("/v1/identify?format=audacity", files={"file": ("dawn.wav", tone("frogli1"))})
    assert label.headers["content-disposition"] == 'attachment; filename="dawn.txt"'
    assert label.text.startswith("0.000000\t1.000000\tLitter frog ")


def test_a_file_name_beyond_latin_letters_does_no_harm(service: TestClient) -> None:
    sent = {"file": ("рассвет\u202e\u2028.wav", tone("frogli1"))}
    answer = service.post("/v1/identify?format=csv", files=sent)
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D1%80")
