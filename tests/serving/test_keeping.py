"""What stays of a request: written behind the answer, never at its cost, and never more than may be kept."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from silencio.audio import Features
from silencio.data.feedback import FeedbackStore, Kept, Said, Verdict, Word
from silencio.evaluation.trials.speech import speech
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.engine.heard import Heard, Served
from silencio.serving.keeping import keeper as keeping
from silencio.serving.keeping import scribe
from silencio.serving.keeping.keeper import Answered, Keeper, keep
from silencio.serving.keeping.parcel import Order, Parcel, Place, Report, is_drawn
from silencio.serving.keeping.writing import Writing
from silencio.serving.process import born, free_port
from silencio.serving.service import Service
from silencio.serving.speech import Ear
from silencio.serving.wish import Wish
from silencio.settings import Keeping, Serving
from tests.bundles import FRONT_END, encode, tone
from tests.serving.online.streams import start_service
from tests.serving.services import served as served_apart

Take = Callable[..., str]
ALL = Keeping(passive_share=1.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feedback"


def heard(bundle: Bundle, ear: Ear | None) -> Heard:
    return Heard(served(bundle.folder), 1.0, np.zeros(1), np.zeros((1, 3), np.float32), ear=ear)


@cache
def served(folder: Path) -> Served:
    bundle = Bundle.open(folder)
    return Served(bundle, Features(bundle.front_end), bundle.model(), "7")


@contextmanager
def keeper(folder: Path, settings: Keeping = Keeping()) -> Iterator[tuple[Keeper, list[str]]]:
    """With the reasons why something was not kept."""
    lost: list[str] = []
    keeper = Keeper(FeedbackStore(folder, settings), settings, lost.append)
    try:
        yield keeper, lost
    finally:
        keeper.close()


def answered(
    bundle: Bundle, request: str = "r1", wish: Wish = Wish(), samples: np.ndarray | None = None
) -> Answered:
    quiet = np.zeros(FRONT_END.sample_rate, np.float32) if samples is None else samples
    ear = Ear(FRONT_END.sample_rate)
    ear(quiet)
    return Answered(request, encode(quiet), ".wav", heard(bundle, ear), (("frogli1", 0.9),), wish)


def wait_until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not so():
        assert time.monotonic() < until
        time.sleep(0.01)


def the_writer(of: int | None = None) -> int:
    """The process that writes for a service, which is this process if none is named."""
    for thread in Path(f"/proc/{of or os.getpid()}/task").glob("*/children"):
        for child in thread.read_text().split():
            if b"silencio.serving.keeping.writer" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise LookupError("nobody writes")


def kept_rows(folder: Path) -> list[sqlite3.Row]:
    if not (folder / "kept.sqlite").exists():
        return []
    with closing(sqlite3.connect(folder / "kept.sqlite")) as database:
        database.row_factory = sqlite3.Row
        if not list(database.execute("SELECT name FROM sqlite_master WHERE name = 'requests'")):
            return []
        return list(database.execute("SELECT * FROM requests ORDER BY request"))


@contextmanager
def busy(folder: Path) -> Iterator[None]:
    """A disk that takes its time."""
    with closing(sqlite3.connect(folder / "kept.sqlite", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield


def test_a_word_waits_until_its_request_is_written(bundle: Bundle, folder: Path) -> None:
    with keeper(folder) as (kept, _):
        for number in range(20):
            keep(kept, answered(bundle, f"r{number}"))
            assert kept.say(Word(f"r{number}", "Rosa", Verdict.RIGHT)) is Said.KEPT


def test_all_that_was_taken_is_written_at_the_end(bundle: Bundle, folder: Path) -> None:
    with keeper(folder) as (kept, lost):
        for number in range(200):
            keep(kept, answered(bundle, f"r{number:03d}"))

    assert [row["request"] for row in kept_rows(folder)] == [f"r{n:03d}" for n in range(200)]
    assert lost == []


def test_a_word_reaches_a_request_that_another_process_is_about_to_write(
    bundle: Bundle, folder: Path
) -> None:
    with keeper(folder) as (here, _), keeper(folder) as (there, _):
        keep(there, answered(bundle, "its first"))
        wait_until(lambda: bool(kept_rows(folder)))
        name = uuid.uuid4().hex
        later = threading.Timer(0.2, lambda: keep(there, answered(bundle, name)))
        later.start()
        assert here.say(Word(name, "Rosa", Verdict.RIGHT)) is Said.KEPT
        later.join()


def test_a_word_on_what_no_service_names_a_request_waits_for_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "ELSEWHERE_SECONDS", 3_600.0)
    with keeper(folder) as (kept, _):
        assert kept.say(Word("never-made", "Rosa", Verdict.RIGHT)) is Said.UNKNOWN


def test_what_is_kept_says_when_where_and_by_which_model_but_not_who(bundle: Bundle, folder: Path) -> None:
    at = datetime(2025, 6, 1, 5, 30, tzinfo=UTC)
    with keeper(folder) as (kept, _):
        keep(kept, answered(bundle, wish=Wish(latitude=6.123456, longitude=-73.987654, at=at, tour="dawn")))

    (row,) = kept_rows(folder)
    assert (row["latitude"], row["longitude"]) == (6.12, -73.99)
    assert (row["model"], row["version"], row["tour"]) == (bundle.digest, "7", "dawn")
    assert row["said_at"] == at.isoformat()
    assert {*row.keys()} == {
        *("request", "at", "model", "version", "seconds", "species", "tour", "latitude", "longitude"),
        *("said_at", "passive", "audio"),
    }


def test_of_whoever_wants_nothing_kept_only_the_tour_is_counted(bundle: Bundle, folder: Path) -> None:
    private = {"may_keep": False, "latitude": 6.1, "longitude": -73.9}
    with keeper(folder, ALL) as (kept, _):
        keep(kept, answered(bundle, "r1", Wish(**private)))
        keep(kept, answered(bundle, "r2", Wish(**private, tour="dawn")))
        assert kept.say(Word("r1", "Rosa", Verdict.RIGHT)) is Said.UNKNOWN
        assert kept.say(Word("r2", "Rosa", Verdict.RIGHT)) is Said.GONE
        (visit,) = kept.tour("dawn")

    assert (visit.kept.audio, visit.kept.latitude, visit.kept.passive) == (None, None, False)
    assert not list(folder.rglob("*.wav"))


@pytest.mark.parametrize(("drops", "audio"), [(True, 0), (False, 1)])
def test_a_recording_in_which_people_speak_is_never_kept(
    bundle: Bundle, folder: Path, drops: bool, audio: int
) -> None:
    talk = speech(5 * 32_000, np.random.default_rng(1))[::2].astype(np.float32)
    talk *= 0.3 / np.abs(talk).max()
    with keeper(folder, Keeping(passive_share=1.0, drop_speech=drops)) as (kept, lost):
        keep(kept, answered(bundle, samples=talk))

    assert len(list(folder.rglob("*.wav"))) == audio
    assert lost == ["speech"] * (1 - audio)
    assert [row["passive"] for row in kept_rows(folder)] == [audio]


def test_what_nobody_could_listen_to_is_taken_for_speech(bundle: Bundle, folder: Path) -> None:
    one = answered(bundle)
    unknown = Answered(one.request, one.recording, one.suffix, heard(bundle, None), one.over, one.wish)
    with keeper(folder) as (kept, lost):
        keep(kept, unknown)

    assert lost == ["speech"]
    assert not list(folder.rglob("*.wav"))


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_the_passive_log_draws_by_the_request_s_name_alone(request: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert is_drawn(request, high) or not is_drawn(request, low)
    assert not is_drawn(request, 0.0)
    assert is_drawn(request, 1.0)


def test_the_passive_log_draws_its_share() -> None:
    drawn = sum(is_drawn(f"request {number}", 0.05) for number in range(20_000))
    assert 850 <= drawn <= 1150  # five standard deviations


def test_a_lost_store_fails_no_identification_and_every_word(bundle: Bundle, folder: Path) -> None:
    folder.write_text("in the way of the folder, as a full disk is")
    store = FeedbackStore(folder)
    serving = Service.of(bundle, Serving(), store)
    with TestClient(create_app(serving)) as service:
        answer = service.post("/v1/identify", content=tone("frogli1"))
        word = {"request": answer.json()["request"], "species": "frogli1", "said_by": "Rosa"}
        said = service.post("/v1/feedback", json=word)
        tour = service.get("/v1/tours/dawn")
        metrics = service.get("/metrics").text
    serving.close()

    assert (answer.status_code, said.status_code, tour.status_code) == (200, 503, 503)
    assert 'silencio_not_kept_total{why="store"} 1.0' in metrics


def test_more_than_may_wait_is_not_kept_and_costs_nobody(
    bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = answered(bundle)
    assert one.heard.ear is not None
    room = 3 * (len(one.recording) + one.heard.ear.nbytes)
    monkeypatch.setattr(keeping, "WAITING_BYTES", room)
    with keeper(folder) as (kept, lost):
        keep(kept, answered(bundle, "first"))
        assert kept.say(Word("first", "Rosa", Verdict.RIGHT)) is Said.KEPT
        with busy(folder):
            for number in range(10):
                keep(kept, answered(bundle, f"r{number}"))

    assert lost == ["full"] * 7
    assert [row["request"] for row in kept_rows(folder)] == ["first", "r0", "r1", "r2"]


@pytest.mark.parametrize("hurries", [True, False])
def test_what_hurries_is_written_like_all_else(bundle: Bundle, folder: Path, hurries: bool) -> None:
    row = Kept("r1", at=1.0, model=bundle.digest, seconds=1.0)
    calls, unheard = encode(np.zeros(100, np.float32)), Parcel(replace(row, request="r2"), b"?", ".wav", None)
    ear = Ear(FRONT_END.sample_rate)
    parcels = Parcel(row, calls, ".wav", ear), unheard
    with ThreadPoolExecutor(1) as foremost:
        report = Writing(Place(folder, ALL), foremost).do(Order(parcels, hurries))

    assert report == Report(spoken=("r2",))
    assert [row["audio"] for row in kept_rows(folder)] == [f"{sha256(calls).hexdigest()}.wav", None]
    assert [path.read_bytes() for path in (folder / "audio").iterdir()] == [calls]


def test_the_writer_needs_little_of_the_service() -> None:
    # It gives way to others before it imports what it needs.
    assert {"numpy", "pydantic"}.isdisjoint(_imported_by("silencio.serving.keeping.writer"))
    assert {"scipy", "onnxruntime", "fastapi", "numba"}.isdisjoint(
        _imported_by("silencio.serving.keeping.writing")
    )


def test_what_a_killed_writer_had_not_written_another_writes(bundle: Bundle, folder: Path) -> None:
    with keeper(folder) as (kept, lost):
        keep(kept, answered(bundle, "r0"))
        wait_until(lambda: len(kept_rows(folder)) == 1)
        with busy(folder):
            first = the_writer()
            for number in range(1, 4):
                keep(kept, answered(bundle, f"r{number}"))
            time.sleep(2 * keeping.LINGER_SECONDS)  # it is handed over, and waits for the disk
            _kill(first)
        wait_until(lambda: len(kept_rows(folder)) == 4)
        assert the_writer() != first

    assert lost == []


def test_a_word_is_not_kept_waiting_by_a_writer_that_hangs(bundle: Bundle, folder: Path) -> None:
    with keeper(folder) as (kept, lost):
        keep(kept, answered(bundle, "r0"))
        wait_until(lambda: len(kept_rows(folder)) == 1)
        os.kill(the_writer(), signal.SIGSTOP)
        keep(kept, answered(bundle, "r1", Wish(tour="dawn")))
        keep(kept, answered(bundle, "r2"))
        time.sleep(2 * keeping.LINGER_SECONDS)  # handed over, to no avail
        assert kept.say(Word("r2", "Rosa", Verdict.RIGHT)) is Said.KEPT
        assert [visit.kept.request for visit in kept.tour("dawn")] == ["r1"]
        keep(kept, answered(bundle, "r3"))
        os.kill(the_writer(), signal.SIGCONT)

    assert [row["request"] for row in kept_rows(folder)] == ["r0", "r1", "r2", "r3"]
    assert lost == []


def test_what_kills_every_writer_is_not_kept_and_said_so(
    bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(scribe, "COMMAND", [sys.executable, "-c", ""])
    with keeper(folder) as (kept, lost):
        keep(kept, answered(bundle))
        wait_until(lambda: lost == ["store"])

    assert kept_rows(folder) == []
    assert "was started 3 times" in caplog.text


def test_the_writer_ends_with_the_service_however_that_ends(bundle: Bundle, tmp_path: Path) -> None:
    with served_apart(bundle, tmp_path) as (address, service):
        httpx.post(f"{address}/v1/identify", content=tone("frogli1"), trust_env=False)
        wait_until(lambda: len(kept_rows(tmp_path / "feedback")) == 1)
        writer = the_writer(service.pid)
        began = born(writer)
        _kill(service.pid)

    wait_until(lambda: born(writer) != began)


def test_a_service_that_is_told_to_stop_writes_what_waits(bundle: Bundle, tmp_path: Path) -> None:
    with served_apart(bundle, tmp_path) as (address, _), httpx.Client(trust_env=False) as http:
        recordings = [tone("frogli1", 0.5, seed=seed) for seed in range(5)]
        heard = [http.post(f"{address}/v1/identify", content=one).json()["request"] for one in recordings]

    assert {row["request"] for row in kept_rows(tmp_path / "feedback")} == set(heard)


@pytest.mark.parametrize("rounds", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_what_was_acknowledged_outlives_services_that_are_killed(
    bundle: Bundle, tmp_path: Path, rounds: int
) -> None:
    """Several guides at once, and a service that is killed while they speak, again and again."""
    folder, dice, port = tmp_path / "feedback", random.Random(5), free_port()
    acknowledged: list[tuple[str, str]] = []

    for turn in range(rounds):
        service = start_service(bundle, tmp_path, port, "--feedback", str(folder))
        with ThreadPoolExecutor(3) as guides:
            over = threading.Event()
            talking = [
                guides.submit(_talk, f"http://127.0.0.1:{port}", f"{turn}-{n}", over, acknowledged)
                for n in range(3)
            ]
            before = len(acknowledged)
            while len(acknowledged) == before and not any(one.done() for one in talking):
                time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.3))
            _kill(service.pid)
            over.set()
            for one in talking:
                one.result()

    assert acknowledged
    store = FeedbackStore(folder)
    said = {(s.said_by, s.audio) for s in store.statements()}
    assert set(acknowledged) <= said
    for _, name in said:
        assert sha256((folder / "audio" / name).read_bytes()).hexdigest() == name[:64]


def _talk(address: str, guide: str, over: threading.Event, acknowledged: list[tuple[str, str]]) -> None:
    number = 0
    with httpx.Client(base_url=address, trust_env=False, timeout=10) as http:
        while not over.is_set():
            number += 1
            recording = tone("frogli1", 0.5, seed=hash((guide, number)) % 2**32)
            try:
                request = http.post("/v1/identify", content=recording).json()["request"]
                word = {"request": request, "species": "howmon1", "said_by": guide}
                if http.post("/v1/feedback", json=word).status_code == 201:
                    acknowledged.append((guide, f"{sha256(recording).hexdigest()}.wav"))
            except httpx.TransportError:
                return


def _imported_by(module: str) -> list[str]:
    told = f"import sys, {module}; print(*sys.modules)"
    return subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    ).stdout.split()


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
