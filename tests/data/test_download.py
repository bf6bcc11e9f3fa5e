"""The downloader, against a real server that does what servers do."""

import csv
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio.decode import Limits
from silencio.data.download import FAILED, Failure, Patience, by_reason, download
from silencio.data.download.part import validator
from silencio.data.download.patience import asked_wait
from silencio.errors import SilencioError, WrongUse
from silencio.progress import Progress
from tests.data.museum import (
    Answer,
    Museum,
    Request,
    cut_short,
    drip,
    drop,
    hang,
    m4a,
    museum,
    redirect,
    status,
    unannounced,
    wav,
    whole,
)

HASTE = Patience(
    attempts=3, first_wait=0.01, longest_wait=0.02, longest_asked=5, connect=1, read=0.3, total=2, unheard=30
)
SOUND = wav(seconds=2)
OTHER = wav(seed=2, seconds=2)


@pytest.fixture
def frogs() -> Iterator[Museum]:
    with museum() as server:
        yield server


def bring(
    folder: Path, *urls: str, patience: Patience = HASTE, limits: Limits = Limits()
) -> tuple[Failure, ...]:
    """Named 0, 1, …"""
    return download(dict(zip(map(str, range(len(urls))), urls, strict=True)), folder, 5, patience, limits)


def heard(folder: Path, name: str = "0") -> bytes:
    """The samples as they are written."""
    return soundfile.read(folder / f"{name}.wav", dtype="int16")[0].tobytes()


def samples(recording: bytes) -> bytes:
    return recording[44:]


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".parts").glob("*"))


def test_recordings_lie_under_their_names(frogs: Museum, tmp_path: Path) -> None:
    urls = [frogs.gives(f"/{n}", whole(wav(seed=n))) for n in range(12)]

    assert bring(tmp_path, *urls) == ()

    assert all(heard(tmp_path, str(n)) == samples(wav(seed=n)) for n in range(12))
    assert not (tmp_path / ".parts").exists()
    assert not (tmp_path / FAILED).exists()


def test_what_is_there_is_not_asked_for_again(frogs: Museum, tmp_path: Path) -> None:
    urls = [frogs.gives(f"/{n}", whole(SOUND)) for n in range(3)]
    bring(tmp_path, *urls)

    assert bring(tmp_path, *urls) == ()

    assert len(frogs.asked) == 3


def test_what_is_there_but_not_whole_is_brought_again(frogs: Museum, tmp_path: Path) -> None:
    url = frogs.gives("/a", whole(SOUND))
    (tmp_path / "0.wav").write_bytes(SOUND[:1000])

    assert bring(tmp_path, url) == ()

    assert heard(tmp_path) == samples(SOUND)


def test_aac_becomes_a_wav_at_its_own_rate(frogs: Museum, tmp_path: Path) -> None:
    assert bring(tmp_path, frogs.gives("/frog.m4a", whole(m4a(seconds=1, rate=16_000)))) == ()

    sound, rate = soundfile.read(tmp_path / "0.wav")
    assert rate == 16_000
    assert len(sound) / rate == pytest.approx(1, abs=0.15)  # AAC adds some silence at both ends
    assert np.argmax(np.abs(np.fft.rfft(sound))) * rate / len(sound) == pytest.approx(1_000, abs=5)


@pytest.mark.parametrize("said", ["text/html", "application/json", "image/png"])
def test_a_recording_is_one_whatever_the_server_calls_it(frogs: Museum, tmp_path: Path, said: str) -> None:
    assert bring(tmp_path, frogs.gives("/a", whole(SOUND, content_type=said))) == ()

    assert heard(tmp_path) == samples(SOUND)


def test_a_page_is_no_recording_whatever_the_server_calls_it(frogs: Museum, tmp_path: Path) -> None:
    page = b"<!doctype html><title>Sign in</title>" * 40

    (failure,) = bring(tmp_path, frogs.gives("/a", whole(page, content_type="audio/mp4")))

    assert "is not a recording that can be read" in failure.reason
    assert frogs.times("/a") == 1
    assert left_over(tmp_path) == []
    assert not (tmp_path / "0.wav").exists()


@pytest.mark.parametrize("code", [401, 403, 404, 410, 204])
def test_a_refusal_is_final(frogs: Museum, tmp_path: Path, code: int) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/a", status(code)))

    assert failure.reason.startswith(f"the server answered {code}")
    assert frogs.times("/a") == 1


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(frogs: Museum, tmp_path: Path, code: int) -> None:
    assert bring(tmp_path, frogs.gives("/a", status(code), status(code), whole(SOUND))) == ()

    assert heard(tmp_path) == samples(SOUND)


def test_what_does_not_pass_is_given_up_after_so_many_attempts(frogs: Museum, tmp_path: Path) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/a", status(500)))

    assert failure.reason == "the server answered 500 Internal Server Error"
    assert frogs.times("/a") == HASTE.attempts


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_all_wait_as_long_as_the_host_asks(frogs: Museum, tmp_path: Path, form: str) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    asked = {"seconds": "1", "date": moment}[form]
    when: list[float] = []

    def noted(request: Request) -> None:
        when.append(time.monotonic())
        whole(SOUND)(request)

    busy = frogs.gives("/busy", status(429, Retry_After=asked), noted)
    start = time.monotonic()

    assert download({"busy": busy, "next": frogs.gives("/next", noted)}, tmp_path, 1, HASTE) == ()

    assert len(when) == 2
    assert min(when) - start > 0.9


def test_a_host_that_asks_for_too_much_patience_is_not_waited_for(frogs: Museum, tmp_path: Path) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/a", status(503, Retry_After="86400")))

    assert failure.reason == ("the server answered 503 Service Unavailable, and asks for 86400 s of patience")


@pytest.mark.parametrize("said", ["soon", "-5", "", "9" * 400])
def test_a_wait_that_cannot_be_read_is_none(frogs: Museum, tmp_path: Path, said: str) -> None:
    assert bring(tmp_path, frogs.gives("/a", status(503, Retry_After=said), whole(SOUND))) == ()


@given(st.text() | st.dates().map(str) | st.datetimes(timezones=st.timezones()).map(format_datetime))
def test_no_header_is_too_strange(text: str) -> None:
    asked = asked_wait({"retry-after": text})

    assert asked is None or asked >= 0
    assert validator({"last-modified": text, "date": text}) is None


def test_a_server_that_hangs_is_left_and_asked_again(frogs: Museum, tmp_path: Path) -> None:
    assert bring(tmp_path, frogs.gives("/a", hang, whole(SOUND))) == ()


def test_a_server_that_only_hangs_is_given_up(frogs: Museum, tmp_path: Path) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/a", hang))

    assert failure.reason == "the server fell silent"


def test_a_server_that_drips_for_ever_is_given_up(frogs: Museum, tmp_path: Path) -> None:
    slow = Patience(attempts=1, read=1, total=0.5)

    (failure,) = bring(tmp_path, frogs.gives("/a", drip(SOUND, every=0.2)), patience=slow)

    assert failure.reason == "it took longer than 0.5 s"


def test_nobody_at_home_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        (failure,) = bring(tmp_path, f"http://127.0.0.1:{taken.getsockname()[1]}/a")

    assert failure.reason.startswith("no connection")


def test_a_dead_host_is_given_up_with_all_that_lies_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        impatient = Patience(attempts=5, first_wait=0.05, unheard=0.1)

        failures = bring(tmp_path, *[f"http://{host}/{n}" for n in range(40)], patience=impatient)

    assert len(failures) == 40
    assert by_reason(failures)[0][0] == f"nothing was heard from {host} for 0.1 s"


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


LONG_AGO = "Mon, 01 Jan 2024 10:00:00 GMT"


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


def test_what_says_nothing_of_its_length_is_taken_if_it_can_be_decoded(frogs: Museum, tmp_path: Path) -> None:
    flac = tmp_path / "frog.flac"
    soundfile.write(flac, np.zeros(8_000) + 0.25, 8_000)
    half = flac.read_bytes()[: flac.stat().st_size // 2]

    failures = bring(tmp_path, frogs.gives("/a", unannounced(SOUND)), frogs.gives("/b", unannounced(half)))

    assert [failure.name for failure in failures] == ["1"]
    assert heard(tmp_path) == samples(SOUND)


def test_a_redirect_is_followed(frogs: Museum, tmp_path: Path) -> None:
    frogs.gives("/there", whole(SOUND))

    assert bring(tmp_path, frogs.gives("/here", redirect("there"))) == ()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/here", "it is redirected more than 5 times"),
        ("file:///etc/passwd", "it is redirected from http to file"),
        ("ftp://frogs.example/a", "it is redirected from http to ftp"),
        ("http://frogs:far/", "the answer broke off, or was none by the rules of HTTP"),
        ("http://xn--/", "it is redirected to what is no address"),
    ],
)
def test_a_redirect_that_leads_astray_is_not_followed(
    frogs: Museum, tmp_path: Path, target: str, reason: str
) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/here", redirect(target)))

    assert failure.reason == reason


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "ftp://a.example/b",
        "http://",
        "http://frogs:far/",
        "http://xn--/",
    ],
)
def test_only_the_web_is_asked(tmp_path: Path, url: str) -> None:
    (failure,) = bring(tmp_path, url)

    assert "address" in failure.reason


@pytest.mark.parametrize("answer", [whole(SOUND), unannounced(SOUND)], ids=["announced", "unannounced"])
def test_what_is_too_long_is_not_taken(frogs: Museum, tmp_path: Path, answer: object) -> None:
    assert callable(answer)
    (failure,) = bring(tmp_path, frogs.gives("/a", answer), limits=Limits(max_bytes=10_000))

    assert failure.reason == "it is longer than 10000 bytes"
    assert left_over(tmp_path) == []


def test_what_says_that_it_is_too_long_is_not_waited_for(frogs: Museum, tmp_path: Path) -> None:
    def endless(request: Request) -> None:
        request.send(200, {"Content-Length": str(10**12)})
        hang(request)

    (failure,) = bring(tmp_path, frogs.gives("/a", endless), limits=Limits(max_bytes=10_000))

    assert failure.reason == "it is longer than 10000 bytes"


def test_what_plays_too_long_is_not_taken(frogs: Museum, tmp_path: Path) -> None:
    (failure,) = bring(tmp_path, frogs.gives("/a", whole(SOUND)), limits=Limits(max_seconds=1))

    assert "longer than 1 s" in failure.reason


def test_what_failed_and_why_is_a_table_beside_the_recordings(frogs: Museum, tmp_path: Path) -> None:
    urls = frogs.gives("/a", status(404)), frogs.gives("/b", whole(SOUND)), frogs.gives("/c", status(410))

    failures = bring(tmp_path, *urls)

    with (tmp_path / FAILED).open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert table == [
        {"name": "0", "url": urls[0], "reason": "the server answered 404 Not Found"},
        {"name": "2", "url": urls[2], "reason": "the server answered 410 Gone"},
    ]
    assert [vars(failure) for failure in failures] == table
    assert (tmp_path / "1.wav").exists()


def test_failures_are_counted_by_reason() -> None:
    failures = Failure("1", "a", "gone"), Failure("2", "b", "late"), Failure("3", "c", "late")

    assert by_reason(failures) == [("late", 2, "b"), ("gone", 1, "a")]


def test_progress_counts_what_is_there_what_came_and_what_failed(frogs: Museum, tmp_path: Path) -> None:
    addresses = {"a": frogs.gives("/a", whole(SOUND)), "b": frogs.gives("/b", status(404))}
    download({"a": addresses["a"]}, tmp_path, patience=HASTE)
    told: list[Progress] = []

    download(addresses, tmp_path, patience=HASTE, tell=told.append)

    assert [(progress.done, progress.of) for progress in told] == [(1, 2), (2, 2)]


def test_never_more_than_the_workers_ask_at_once(frogs: Museum, tmp_path: Path) -> None:
    now, most = [0], [0]

    def slowly(request: Request) -> None:
        now[0] += 1
        most[0] = max(most[0], now[0])
        time.sleep(0.05)
        now[0] -= 1
        whole(SOUND)(request)

    urls = {str(n): frogs.gives(f"/{n}", slowly) for n in range(12)}

    download(urls, tmp_path, workers=3, patience=HASTE)

    assert 1 < most[0] <= 3


def test_a_second_download_into_the_same_folder_is_refused(frogs: Museum, tmp_path: Path) -> None:
    def meanwhile(request: Request) -> None:
        with pytest.raises(WrongUse, match=r"Another download into .* is running"):
            bring(tmp_path, request.museum.address)
        whole(SOUND)(request)

    assert bring(tmp_path, frogs.gives("/a", meanwhile)) == ()


def test_a_folder_that_cannot_be_written_to_is_said(frogs: Museum, tmp_path: Path) -> None:
    (tmp_path / ".parts").write_text("in the way")

    with pytest.raises(SilencioError, match=r"cannot be written to .* Make room"):
        bring(tmp_path, frogs.gives("/a", whole(SOUND)))
