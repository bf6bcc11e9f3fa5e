"""Whether people seem to speak: better a recording too few kept than a voice too many."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio import load
from silencio.evaluation.trials.speech import speech
from silencio.serving.speech import LATER_SECONDS, LOWEST_RATE, Ear, speaks
from tests.real import recordings

RATE = 32_000


def talk(seed: int, seconds: float = 5.0) -> np.ndarray:
    voice = speech(round(seconds * RATE), np.random.default_rng(seed))
    return (0.2 * voice / np.abs(voice).max()).astype(np.float32)


def noise(seed: int, seconds: float = 5.0) -> np.ndarray:
    return (0.05 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def test_speech_is_told() -> None:
    assert sum(speaks(talk(seed), RATE) for seed in range(20)) >= 19


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_at_any_rate(rate: int) -> None:
    import soxr

    assert speaks(soxr.resample(talk(1), RATE, rate), rate)


@settings(max_examples=20)
@given(rate=st.sampled_from([8_000, 22_050, 32_000]), cuts=st.lists(st.integers(0, 4_000), max_size=12))
def test_in_whatever_pieces_it_comes_and_whenever_they_are_heard(rate: int, cuts: list[int]) -> None:
    voice = talk(3)[: 2 * rate]
    whole, later, at_once = Ear(rate), Ear(rate), Ear(rate, later=0)
    whole(voice)
    for piece in np.split(voice, np.cumsum(cuts)):
        later(piece)
        at_once(piece)

    assert at_once.nbytes <= whole.nbytes / 2
    np.testing.assert_allclose(later.lows(), whole.lows(), atol=1e-6)
    np.testing.assert_allclose(at_once.lows(), whole.lows(), atol=1e-6)


def test_no_more_is_kept_than_a_voice_takes() -> None:
    ear = Ear(RATE)
    for _ in range(60):
        ear(noise(1, 1.0))

    assert len(ear.lows()) == pytest.approx(60 * LOWEST_RATE, rel=0.01)


def test_one_sentence_in_a_minute_of_noise_is_enough() -> None:
    minute = 0.05 * noise(1, 60.0)
    minute[25 * RATE : 29 * RATE] += talk(2, 4.0)

    assert speaks(minute, RATE)


@pytest.mark.parametrize("pitch", [60, 150, 300, 1_000, 4_000])
def test_a_steady_tone_is_no_voice(pitch: float) -> None:
    tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(5 * RATE) / RATE)

    assert not speaks(tone.astype(np.float32), RATE)


@pytest.mark.parametrize("sound", [np.zeros(5 * RATE), noise(1), noise(2, 0.01), np.zeros(0)])
def test_noise_and_silence_are_none(sound: np.ndarray) -> None:
    assert not speaks(sound.astype(np.float32), RATE)


def test_real_voices_are_told_and_real_places_seldom_taken_for_them() -> None:
    """Digits that one person says after the other, and ten seconds of a forest; docs/feedback.md has all figures."""
    digits, pause = recordings("fsdd", "*.wav"), np.zeros(RATE // 5, np.float32)
    said = [
        np.concatenate([part for path in digits[start : start + 6] for part in (load(path, RATE), pause)])
        for start in range(1_500, 2_900, 70)
    ]
    places = [load(path, RATE)[: 5 * RATE] for path in recordings("soundscapes", "*.wav")[1::5]]

    assert np.mean([speaks(voice, RATE) for voice in said]) >= 0.8
    assert np.mean([speaks(place, RATE) for place in places]) <= 0.25


def test_a_chirping_bird_is_none() -> None:
    at = np.arange(5 * RATE) / RATE
    chirps = np.sin(2 * np.pi * (3_000 + 800 * np.sin(2 * np.pi * 5 * at)) * at) * (
        np.sin(2 * np.pi * 4 * at) > 0
    )

    assert not speaks((0.3 * chirps).astype(np.float32), RATE)


@pytest.mark.parametrize("full_scale", [0.05, 1.0, 2.0**31])
def test_an_ear_tells_another_process_the_same(full_scale: float) -> None:
    """However loud: some write floats as large as 32-bit integers."""
    for sound in (talk(5), noise(5)):
        ear = Ear(RATE)
        ear((full_scale * sound).astype(np.float32))
        there = pickle.loads(pickle.dumps(ear))

        assert there.speak() == ear.speak() == speaks(sound, RATE)
        np.testing.assert_allclose(there.lows(), ear.lows(), atol=1e-4 * np.abs(ear.lows()).max())


def test_what_waits_for_an_ear_is_bounded() -> None:
    ear = Ear(RATE)
    held = []
    for second in range(60):
        ear(noise(second, 1.0))
        held.append(ear.nbytes)

    assert max(held) < 4 * RATE * (LATER_SECONDS + 1) + 4 * 60 * LOWEST_RATE
