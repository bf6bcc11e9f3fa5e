"""How long the downloader waits for a server that is busy, slow, silent or gone, and how often it asks."""

import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.download import Patience, by_reason, download
from silencio.data.download.part import validator
from silencio.data.download.patience import asked_wait
from tests.data.museum import HASTE, SOUND, Museum, Request, bring, drip, hang, heard, samples, status, whole


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
