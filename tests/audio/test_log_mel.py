"""Log-mel decibels equal librosa's, whatever the settings and the sound, and whichever way computes them."""

from concurrent.futures import ThreadPoolExecutor

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from silencio.audio import LogMel
from silencio.audio.lanes import MOST_LANES, Lanes
from silencio.audio.log_mel import QUIETEST, ByScipy
from silencio.audio.mel import hz_to_mel, mel_bands, mel_to_hz
from silencio.settings import FrontEnd
from tests.audio.conftest import SMALL, front_ends, song


def by_librosa(samples: NDArray[np.float32], front_end: FrontEnd) -> NDArray[np.float32]:
    """dB, [mels, frames]"""
    power = librosa.feature.melspectrogram(
        y=samples,
        sr=front_end.sample_rate,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        fmin=front_end.fmin,
        fmax=front_end.fmax,
    )
    return np.asarray(librosa.power_to_db(power, top_db=front_end.top_db))


@pytest.mark.filterwarnings("ignore:Empty filters", "ignore:n_fft=.* is too large")
@given(front_ends(), st.integers(0, 2**32 - 1), st.floats(1e-4, 1))
@settings(max_examples=40, deadline=None)
def test_decibels_equal_librosas(front_end: FrontEnd, seed: int, loudness: float) -> None:
    """Within 1e-5 of the loudest band's power, and within a thousandth of a decibel where it is not far below.

    Both compute in single precision, where deep below a loud tone each has rounding noise of its own.
    """
    samples = np.float32(loudness) * song(front_end.window_seconds, front_end.sample_rate, seed)

    ours = LogMel(front_end).decibels(samples)

    theirs = by_librosa(samples, front_end)
    assert ours.shape == front_end.shape
    assert ours.dtype == np.float32
    loudest = theirs.max()
    power, expected = 10 ** ((ours - loudest) / 10), 10 ** ((theirs - loudest) / 10)
    np.testing.assert_allclose(power, expected, rtol=0, atol=1e-5)
    near = theirs > loudest - 20
    np.testing.assert_allclose(ours[near], theirs[near], rtol=0, atol=1e-3)


@given(st.integers(0, 11), st.integers(1, 700), st.integers(0, 3000), st.integers(0, 1000))
@settings(max_examples=80, deadline=None)
def test_both_ways_to_the_mel_power_agree(doublings: int, hop: int, count: int, seed: int) -> None:
    n_fft = 2 << doublings
    rng = np.random.default_rng(seed)
    window, samples = rng.random(n_fft, np.float32), rng.standard_normal(count).astype(np.float32)
    bands = np.maximum(0, rng.standard_normal((5, n_fft // 2 + 1))).astype(np.float32)

    compiled, by_scipy = Lanes(window, hop, bands)(samples), ByScipy(window, hop, bands)(samples)

    assert compiled.shape == by_scipy.shape == (5, 1 + count // hop)
    np.testing.assert_allclose(compiled, by_scipy, rtol=0, atol=1e-5 * max(by_scipy.max(), 1e-30))


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, MOST_LANES, MOST_LANES + 1, 3 * MOST_LANES - 1])
def test_a_frame_is_the_same_in_whichever_lane_it_stands(frames: int) -> None:
    hop = n_fft = 256  # frames that do not overlap: each is of samples of its own
    power = Lanes(np.ones(n_fft, np.float32), hop, np.eye(n_fft // 2 + 1, dtype=np.float32))
    piece = song(n_fft / 16_000, 16_000)

    together = power(np.tile(piece, frames - 1)) if frames > 1 else power(piece[: n_fft // 2])

    assert together.shape == (n_fft // 2 + 1, frames)
    inner = together[:, 1:-1]
    np.testing.assert_array_equal(inner, np.broadcast_to(inner[:, :1], inner.shape))


@pytest.mark.filterwarnings("ignore:Empty filters")
@given(front_ends())
@settings(max_examples=100, deadline=None)
def test_mel_filters_equal_librosas(front_end: FrontEnd) -> None:
    theirs = librosa.filters.mel(
        sr=front_end.sample_rate,
        n_fft=front_end.n_fft,
        n_mels=front_end.n_mels,
        fmin=front_end.fmin,
        fmax=front_end.fmax,
    )

    np.testing.assert_allclose(mel_bands(front_end), theirs, rtol=1e-5, atol=1e-9)


@given(st.lists(st.floats(0, 24_000), min_size=1, max_size=20).map(np.array))
def test_the_mel_scale_is_slaneys_and_goes_both_ways(hz: NDArray[np.float64]) -> None:
    np.testing.assert_allclose(hz_to_mel(hz), librosa.hz_to_mel(hz), rtol=1e-9)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-9, atol=1e-9)


EXTREMES = {
    "silence": np.zeros(16_000),
    "direct current": np.ones(16_000),
    "full scale": np.sign(np.sin(np.arange(16_000))),
    "as loud as decoding lets through": np.tile([-(2.0**31), 2.0**31], 8_000),
    "quieter than 16 bits hold": 1e-7 * np.sin(np.arange(16_000)),
    "subnormal": 1e-42 * np.sin(np.arange(16_000)),
    "one click": np.eye(1, 16_000, 8_000)[0],
}


@pytest.mark.parametrize("n_fft", [400, 1024])
@pytest.mark.parametrize("samples", EXTREMES.values(), ids=EXTREMES.keys())
def test_extremes_give_numbers_and_librosas(samples: NDArray[np.float64], n_fft: int) -> None:
    front_end = SMALL.model_copy(update={"n_fft": n_fft})
    sound = samples.astype(np.float32)

    ours = LogMel(front_end).decibels(sound)

    assert np.isfinite(ours).all()
    assert ours.min() >= QUIETEST
    theirs = by_librosa(sound, front_end)
    near = theirs > theirs.max() - 20
    np.testing.assert_allclose(ours[near], theirs[near], rtol=0, atol=1e-3)


def test_a_tone_is_brightest_in_the_band_around_it() -> None:
    at = np.arange(16_000) / 16_000
    lowest, highest = hz_to_mel(np.array([SMALL.fmin, SMALL.fmax]))
    corners = mel_to_hz(np.linspace(lowest, highest, SMALL.n_mels + 2))

    for hz in (300, 1000, 5000):
        tone = np.sin(2 * np.pi * hz * at).astype(np.float32)
        brightest = LogMel(SMALL).decibels(tone).mean(axis=1).argmax()
        assert corners[brightest] < hz < corners[brightest + 2]


def test_threads_share_one() -> None:
    log_mel = LogMel(SMALL)
    songs = [song(1, 16_000, seed) for seed in range(40)]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(log_mel.decibels, songs))

    for samples, decibels in zip(songs, together, strict=True):
        np.testing.assert_array_equal(log_mel.decibels(samples), decibels)
