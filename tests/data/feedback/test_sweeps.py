"""What goes when a feedback store is full or its audio is old, and what stays."""

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.feedback import FeedbackStore, Said
from silencio.settings import Keeping
from tests.data.feedback.stores import Open, audio_of, say, send


def test_audio_that_is_too_old_goes_unless_it_is_held(open_store: Open, tmp_path: Path) -> None:
    store = open_store(days=1e-9)
    names = {
        what: send(store, what, what.encode(), passive=what == "passive")
        for what in ("nobody's", "passive", "spoken about")
    }
    say(store, "spoken about", "Rosa", "frogli1")
    time.sleep(0.01)

    assert store.sweep() == 1

    assert audio_of(store, names["nobody's"]) is None
    assert say(store, "nobody's", "Rosa", "frogli1") is Said.GONE
    assert all(audio_of(store, names[what]) for what in ("passive", "spoken about"))
    assert store.sweep() == 0


def test_beyond_so_many_bytes_the_oldest_goes_first(open_store: Open, tmp_path: Path) -> None:
    store = open_store(max_bytes=250)
    names = []
    for number in range(5):
        names.append(send(store, f"r{number}", bytes([number]) * 100))
        time.sleep(0.005)

    store.sweep()

    there = [audio_of(store, name) is not None for name in names]
    assert there == [False, False, False, True, True]


def test_audio_that_is_sent_again_is_there_again_and_young(open_store: Open, tmp_path: Path) -> None:
    old = open_store(days=1e-9)
    name = send(old, "r1")
    time.sleep(0.01)
    assert old.sweep() == 1

    send(open_store(), "r2")

    assert audio_of(open_store(), name) == b"sound"
    assert open_store().sweep() == 0
    assert say(open_store(), "r2", "Rosa", "frogli1") is Said.KEPT


def test_sweeps_words_and_requests_at_once_never_part_a_word_from_its_audio(
    open_store: Open, tmp_path: Path
) -> None:
    """Whoever is told that a word is kept finds its audio, though others sweep without rest."""
    store = open_store(days=1e-9)
    over = time.monotonic() + 1.5

    def sweep(_: int) -> None:
        sweeper = open_store(days=1e-9)
        while time.monotonic() < over:
            sweeper.sweep()

    def speak(number: int) -> list[tuple[str, Said]]:
        done, turn = [], 0
        while time.monotonic() < over:
            turn += 1
            name = send(store, f"r{number}-{turn}", f"sound {turn % 7}-{turn % 3 == 0 and number}".encode())
            done.append((name, say(store, f"r{number}-{turn}", f"guide {number}", "frogli1")))
        return done

    with ThreadPoolExecutor(5) as pool:
        sweeping = pool.map(sweep, range(2))
        told = [pair for done in pool.map(speak, range(3)) for pair in done]
        list(sweeping)

    kept = {name for name, said in told if said is Said.KEPT}
    assert kept
    assert Said.UNKNOWN not in {said for _, said in told}
    assert all(audio_of(store, name) for name in kept)


@hypothesis.settings(max_examples=8)
@given(count=st.integers(1, 8), most=st.integers(1, 1000))
def test_a_sweep_leaves_no_more_than_it_may_and_the_newest(
    tmp_path_factory: pytest.TempPathFactory, count: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("sweep")
    store = FeedbackStore(folder, Keeping(max_bytes=most))
    for number in range(count):
        send(store, f"r{number}", bytes([number]) * 100)

    store.sweep()

    left = [p.name for p in (folder / "audio").iterdir()]
    assert len(left) == min(count, most // 100)
    store.close()
    shutil.rmtree(folder)
