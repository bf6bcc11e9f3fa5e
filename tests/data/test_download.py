"""The downloader, against a real server that does what servers do."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from silencio.audio.decode import Limits
from silencio.data.download import FAILED, Failure, by_reason, download
from silencio.errors import SilencioError, WrongUse
from silencio.progress import Progress
from tests.data.museum import (
    HASTE,
    SOUND,
    Museum,
    Request,
    bring,
    hang,
    heard,
    left_over,
    m4a,
    redirect,
    samples,
    status,
    unannounced,
    wav,
    whole,
)


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
