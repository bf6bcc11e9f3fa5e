"""A copy of a recording keeps its print, whatever was done to it; another recording of the same kind does not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from silencio.audio.decode import Samples
from silencio.audio.fingerprint import WORD_SECONDS, fingerprint

RATE = 32_000
SECONDS = 5
Copy = Callable[[Samples], tuple[Samples, int]]


def forest(seed: int, calls: bool = True) -> Samples:
    """Noise that falls off with frequency, as rain or wind, and calls of one species in it."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.standard_normal(SECONDS * RATE))
    noise = np.fft.irfft(spectrum / np.sqrt(1 + np.arange(len(spectrum)) / 2_000))
    if calls:
        time = np.arange(round(0.3 * RATE)) / RATE
        call = np.sin(2 * np.pi * (2_500 * time + 3_000 * time**2)) * np.hanning(len(time))
        for start in chance.integers(0, len(noise) - len(call), 6):
            noise[start : start + len(call)] += 6 * call
    return (0.05 * noise).astype(np.float32)


def encoded(format: str, subtype: str, compression: float) -> Copy:
    def copy(samples: Samples) -> tuple[Samples, int]:
        file = io.BytesIO()
        soundfile.write(file, samples, RATE, format=format, subtype=subtype, compression_level=compression)
        file.seek(0)
        return soundfile.read(file, dtype="float32")

    return copy


def noisy(samples: Samples) -> tuple[Samples, int]:
    noise = np.random.default_rng(9).standard_normal(len(samples)).astype(np.float32)
    return samples + 0.1 * samples.std() * noise, RATE


COPIES: dict[str, Copy] = {
    "Ogg": encoded("OGG", "VORBIS", 0.5),
    "Ogg, poor": encoded("OGG", "VORBIS", 0.9),
    "MP3": encoded("MP3", "MPEG_LAYER_III", 0.5),
    "a tenth as loud": lambda samples: (0.1 * samples, RATE),
    "at 44,100 Hz": lambda samples: (soxr.resample(samples, RATE, 44_100), 44_100),
    "at 16,000 Hz": lambda samples: (soxr.resample(samples, RATE, 16_000), 16_000),
    "with noise": noisy,
}


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """The share of bits that two prints have in common where they lie best on each other."""
    best = 0.0
    for shift in range(-len(other) // 2, len(one) // 2):
        a, b = one[max(0, shift) :], other[max(0, -shift) :]
        length = min(len(a), len(b))
        best = max(best, 1 - np.bitwise_count(a[:length] ^ b[:length]).mean() / 32)
    return best


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_keeps_most_bits(copy: Copy) -> None:
    samples = forest(1)

    assert agreement(fingerprint(samples, RATE), fingerprint(*copy(samples))) > 0.8


@pytest.mark.parametrize("seconds", [0.016, 0.032, 0.21, 1.5])
def test_a_trimmed_copy_keeps_most_bits(seconds: float) -> None:
    samples = forest(1)

    trimmed = fingerprint(samples[round(seconds * RATE) :], RATE)

    assert agreement(fingerprint(samples, RATE), trimmed) > 0.8


@pytest.mark.parametrize("calls", [False, True], ids=["rain", "one species"])
def test_two_recordings_of_one_kind_share_no_more_than_chance_gives(calls: bool) -> None:
    prints = [fingerprint(forest(seed, calls), RATE) for seed in range(6)]

    assert max(agreement(a, b) for i, a in enumerate(prints) for b in prints[:i]) < 0.7


def test_a_word_is_told_every_64_ms_and_covers_three_quarters_of_a_second() -> None:
    samples = forest(1)

    words = [len(fingerprint(samples[: round(seconds * RATE)], RATE)) for seconds in (0.7, 0.75, 5.0)]

    assert words == [0, 1, 1 + (5 - 0.736) // WORD_SECONDS]


def test_silence_tells_nothing() -> None:
    assert not fingerprint(np.zeros(SECONDS * RATE, np.float32), RATE).any()


def test_silence_around_a_call_tells_nothing_either() -> None:
    padded = np.concatenate([forest(1)[: 2 * RATE], np.zeros(3 * RATE, np.float32)])

    assert not fingerprint(padded, RATE)[-20:].any()


def test_bands_above_half_the_rate_tell_nothing() -> None:
    samples, rate = soxr.resample(forest(1), RATE, 8_000), 8_000

    words = fingerprint(samples, rate)

    assert words.any()
    assert (words >> np.uint32(25) == 0).all()


@settings(max_examples=30, deadline=None)
@given(
    seconds=st.floats(0, 2),
    rate=st.sampled_from([1_000, 8_000, 11_025, 22_050, 48_000]),
    gain=st.sampled_from([1e-30, 1e-6, 1.0, 2.0**31]),
    seed=st.integers(0, 9),
)
def test_whatever_can_be_decoded_has_a_print(seconds: float, rate: int, gain: float, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1, 1, round(seconds * rate))

    words = fingerprint((gain * noise).astype(np.float32), rate)

    assert words.dtype == np.uint32
    assert len(words) <= seconds / WORD_SECONDS


def test_a_start_trimmed_by_whole_words_drops_those_words() -> None:
    samples = forest(3)

    trimmed = fingerprint(samples[round(20 * WORD_SECONDS * RATE) :], RATE)

    words = fingerprint(samples, RATE)[20:]
    assert len(trimmed) == len(words)
    assert np.bitwise_count(trimmed ^ words).mean() < 0.1
