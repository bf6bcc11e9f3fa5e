"""Going on with the part of a recording that came before a break, unless it may be of another file."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.data.download import FAILED, Patience
from tests.data.museum import (
    HASTE,
    SOUND,
    Answer,
    Museum,
    Request,
    bring,
    cut_short,
    drop,
    heard,
    left_over,
    museum,
    samples,
    wav,
    whole,
)

OTHER = wav(seed=2, seconds=2)
LONG_AGO = "Mon, 01 Jan 2024 10:00:00 GMT"


@pytest.mark.parametrize("broken", [cut_short(SOUND, 9_000), drop], ids=["in the middle", "at once"])
def test_a_connection_that_breaks_is_made_again(frogs: Museum, tmp_path: Path, broken: object) -> None:
    assert callable(broken)
    assert bring(tmp_path, frogs.gives("/a", broken, whole(SOUND))) == ()

    assert heard(tmp_path) == samples(SOUND)


def test_what_came_before_the_break_is_not_brought_again(frogs: Museum, tmp_path: Path) -> None:
    bring(tmp_path, frogs.gives("/a", cut_short(SOUND, 9_000), whole(SOUND)))

    assert frogs.asked == [("/a", None), ("/a", "bytes=9000-")]
    assert heard(tmp_path) == samples(SOUND)


@settings(max_examples=12, deadline=None)
@given(cuts=st.lists(st.integers(0, len(SOUND) - 1), max_size=4), knows_ranges=st.booleans())
def test_however_often_it_breaks_the_whole_recording_is_there_in_the_end(
    cuts: list[int], knows_ranges: bool
) -> None:
    def broken(after: int) -> Answer:
        """The rest, or all of it, but for what comes after this byte."""

        def answer(request: Request) -> None:
            wanted = request.headers["Range"] if knows_ranges else None
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            told = {"Content-Range": f"bytes {start}-{len(SOUND) - 1}/{len(SOUND)}"} if wanted else {}
            length = {"ETag": '"1"', "Content-Length": str(len(SOUND) - start)}
            request.send(206 if wanted else 200, told | length, SOUND[start : max(start, after)])
            request.hang_up()

        return answer

    with museum() as server, TemporaryDirectory() as folder:
        url = server.gives("/a", *map(broken, cuts), whole(SOUND, ranges=knows_ranges))
        patience = replace(HASTE, attempts=len(cuts) + 1)

        assert bring(Path(folder), url, patience=patience) == ()

        assert heard(Path(folder)) == samples(SOUND)


def test_another_run_goes_on_where_one_ended(frogs: Museum, tmp_path: Path) -> None:
    once = Patience(attempts=1)
    url = frogs.gives("/a", cut_short(SOUND, 9_000), whole(SOUND))

    (failure,) = bring(tmp_path, url, patience=once)
    assert failure.reason == "the answer broke off, or was none by the rules of HTTP"
    assert left_over(tmp_path) == ["0", "0.json"]

    assert bring(tmp_path, url, patience=once) == ()
    assert frogs.asked[-1] == ("/a", "bytes=9000-")
    assert heard(tmp_path) == samples(SOUND)
    assert not (tmp_path / FAILED).exists()


def test_a_server_that_knows_no_ranges_sends_it_from_the_start(frogs: Museum, tmp_path: Path) -> None:
    assert bring(tmp_path, frogs.gives("/a", cut_short(SOUND, 9_000), whole(SOUND, ranges=False))) == ()

    assert heard(tmp_path) == samples(SOUND)


def test_a_file_that_changed_meanwhile_is_not_glued_to_the_old_one(frogs: Museum, tmp_path: Path) -> None:
    assert bring(tmp_path, frogs.gives("/a", cut_short(SOUND, 9_000), whole(OTHER, etag='"2"'))) == ()

    assert heard(tmp_path) == samples(OTHER)


def rest_of(recording: bytes, start: int, **headers: str) -> object:
    """Answers with the rest, whatever the request's If-Range says."""

    def answer(request: Request) -> None:
        said = {"Content-Range": f"bytes {start}-{len(recording) - 1}/{len(recording)}"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request.send(206, said | named, recording[start:])

    return answer


@pytest.mark.parametrize(
    "careless",
    [
        rest_of(OTHER, 9_000, ETag='"2"'),
        rest_of(OTHER, 9_000),
        rest_of(OTHER, 8_000, ETag='"1"'),
        rest_of(OTHER + OTHER, 9_000, ETag='"1"'),
        rest_of(OTHER, 9_000, ETag='"1"', Content_Range="bytes nonsense"),
    ],
    ids=["another tag", "no tag", "another start", "another length", "no range"],
)
def test_a_rest_that_may_be_of_another_file_is_not_taken(
    frogs: Museum, tmp_path: Path, careless: object
) -> None:
    assert callable(careless)
    assert (
        bring(tmp_path, frogs.gives("/a", cut_short(SOUND, 9_000), careless, whole(OTHER, etag='"2"'))) == ()
    )

    assert heard(tmp_path) == samples(OTHER)
    assert frogs.asked[-1] == ("/a", None)


@pytest.mark.parametrize(
    ("headers", "again"),
    [
        ({"ETag": 'W/"1"'}, None),
        ({"ETag": ""}, None),
        ({"ETag": "", "Last_Modified": LONG_AGO}, "bytes=9000-"),
        ({"ETag": 'W/"1"', "Last_Modified": LONG_AGO}, "bytes=9000-"),
        ({"ETag": "", "Last_Modified": "yesterday"}, None),
        ({"ETag": "", "Last_Modified": format_datetime(datetime.now(UTC) + timedelta(hours=1), True)}, None),
    ],
    ids=["weak tag", "nothing", "date", "weak tag and date", "no date", "too young"],
)
def test_a_part_is_gone_on_with_only_where_the_server_told_which_file_it_is(
    frogs: Museum, tmp_path: Path, headers: dict[str, str], again: str | None
) -> None:
    dated = {name: value for name, value in headers.items() if name == "Last_Modified"}
    url = frogs.gives("/a", cut_short(SOUND, 9_000, **headers), whole(SOUND, etag=None, **dated))

    assert bring(tmp_path, url) == ()

    assert frogs.asked[-1] == ("/a", again)
    assert heard(tmp_path) == samples(SOUND)


def test_a_part_of_another_address_is_not_gone_on_with(frogs: Museum, tmp_path: Path) -> None:
    once = Patience(attempts=1)
    bring(tmp_path, frogs.gives("/a", cut_short(SOUND, 9_000)), patience=once)

    assert bring(tmp_path, frogs.gives("/b", whole(OTHER)), patience=once) == ()

    assert frogs.asked[-1] == ("/b", None)
    assert heard(tmp_path) == samples(OTHER)


@pytest.mark.parametrize("note", [None, b"", b"{}", b"[1]", b'{"url": "x"}', b"\xff"])
def test_a_part_of_which_nobody_knows_the_origin_is_not_gone_on_with(
    frogs: Museum, tmp_path: Path, note: bytes | None
) -> None:
    parts = tmp_path / ".parts"
    parts.mkdir()
    (parts / "0").write_bytes(OTHER[:9_000])
    if note is not None:
        (parts / "0.json").write_bytes(note)

    assert bring(tmp_path, frogs.gives("/a", whole(SOUND))) == ()

    assert frogs.asked == [("/a", None)]
    assert heard(tmp_path) == samples(SOUND)


def test_a_part_that_is_whole_already_is_not_asked_for(frogs: Museum, tmp_path: Path) -> None:
    """Killed after the last byte, before it was decoded."""
    url = frogs.gives("/a", whole(SOUND))
    parts = tmp_path / ".parts"
    parts.mkdir()
    (parts / "0").write_bytes(SOUND)
    (parts / "0.json").write_text(json.dumps({"url": url, "validator": '"1"', "size": len(SOUND)}))

    assert bring(tmp_path, url) == ()

    assert frogs.asked == []
    assert heard(tmp_path) == samples(SOUND)


def test_a_file_that_is_shorter_by_now_is_brought_from_the_start(frogs: Museum, tmp_path: Path) -> None:
    once = Patience(attempts=1)
    url = frogs.gives("/a", cut_short(SOUND, 20_000), whole(wav(seed=3, seconds=0.5)))
    bring(tmp_path, url, patience=once)

    assert bring(tmp_path, url) == ()

    assert heard(tmp_path) == samples(wav(seed=3, seconds=0.5))
