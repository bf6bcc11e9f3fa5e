"""Feedback: what was acknowledged is kept, whoever writes at the same time and whatever is killed."""

import hashlib
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from silencio.data.feedback import FeedbackStore

WRITE_UNTIL_KILLED = """
import itertools, sys
from pathlib import Path
from silencio.data.feedback import FeedbackStore

store = FeedbackStore(Path(sys.argv[1]))
for number in itertools.count():
    audio = number.to_bytes(4, "big") * 5000
    store.hear(f"r{number}", audio, ".wav", "model")
    assert store.correct(f"r{number}", "comfro", "Rosa")
    print(number, flush=True)
"""


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback")


def words(store: FeedbackStore) -> list[tuple[str, str]]:
    return [(correction.said_by, correction.species) for correction in store.corrections()]


def test_a_correction_is_kept_with_its_audio(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")

    assert store.correct("r1", "comfro", "Rosa")

    (correction,) = store.corrections()
    assert (correction.species, correction.said_by) == ("comfro", "Rosa")
    assert correction.audio == f"{hashlib.sha256(b'sound').hexdigest()}.wav"
    assert (store.folder / "audio" / correction.audio).read_bytes() == b"sound"
    assert abs(datetime.now(UTC) - correction.at) < timedelta(minutes=1)


def test_what_was_heard_is_no_correction_until_somebody_says_so(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")

    assert store.corrections() == []


def test_a_request_that_nobody_made_cannot_be_corrected(store: FeedbackStore) -> None:
    assert not store.correct("r1", "comfro", "Rosa")
    assert store.corrections() == []


def test_correcting_again_replaces_one_s_own_word(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")

    store.correct("r1", "comfro", "Rosa")
    store.correct("r1", "barant", "Rosa")

    assert words(store) == [("Rosa", "barant")]


def test_saying_the_same_again_changes_nothing(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")
    store.correct("r1", "comfro", "Rosa")
    before = store.corrections()

    store.correct("r1", "comfro", "Rosa")

    assert store.corrections() == before


def test_a_word_does_not_replace_that_of_another_guide(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")

    store.correct("r1", "comfro", "Rosa")
    store.correct("r1", "barant", "Juan")

    assert words(store) == [("Juan", "barant"), ("Rosa", "comfro")]


def test_the_same_audio_in_two_requests_is_kept_and_corrected_once(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")
    store.hear("r2", b"sound", ".wav", "model")

    store.correct("r1", "comfro", "Rosa")
    store.correct("r2", "barant", "Rosa")

    assert words(store) == [("Rosa", "barant")]
    assert len(list((store.folder / "audio").iterdir())) == 1


def test_a_store_that_is_opened_again_knows_all_that_was_said(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")
    store.correct("r1", "comfro", "Rosa")

    again = FeedbackStore(store.folder)

    assert again.corrections() == store.corrections()
    assert again.correct("r1", "barant", "Juan")


def test_no_word_can_do_harm_to_the_database(store: FeedbackStore) -> None:
    store.hear("r1", b"sound", ".wav", "model")

    store.correct("r1", "comfro", "'); DROP TABLE corrections; --")

    assert words(store) == [("'); DROP TABLE corrections; --", "comfro")]


def test_threads_that_write_at_once_lose_nothing(store: FeedbackStore) -> None:
    def say(number: int) -> bool:
        # Every second request is of the same sound.
        audio = b"common" if number % 2 else number.to_bytes(2, "big")
        store.hear(f"r{number}", audio, ".wav", "model")
        return store.correct(f"r{number}", "comfro", f"guide {number}")

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(say, range(80)))

    assert all(said)
    assert Counter(guide for guide, _ in words(store)) == Counter(f"guide {n}" for n in range(80))
    assert len(list((store.folder / "audio").iterdir())) == 41


def test_stores_that_open_the_same_new_folder_at_once_all_work(tmp_path: Path) -> None:
    def begin(number: int) -> bool:
        store = FeedbackStore(tmp_path / "feedback")
        store.hear(f"r{number}", b"sound", ".wav", "model")
        return store.correct(f"r{number}", "comfro", f"guide {number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(begin, range(8)))

    assert len(FeedbackStore(tmp_path / "feedback").corrections()) == 8


def test_what_was_acknowledged_outlives_a_killed_process(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline() for _ in range(25)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.stdout.readlines()
    writer.wait(timeout=10)
    writer.stdout.close()

    store = FeedbackStore(tmp_path)

    kept = {correction.audio for correction in store.corrections()}
    sent = [int(line).to_bytes(4, "big") * 5000 for line in acknowledged]
    assert len(sent) >= 25
    assert {f"{hashlib.sha256(audio).hexdigest()}.wav" for audio in sent} <= kept
    for name in kept:
        assert hashlib.sha256((tmp_path / "audio" / name).read_bytes()).hexdigest() == name[:64]
    assert store.correct("r0", "barant", "Juan"), "the store still takes words"
