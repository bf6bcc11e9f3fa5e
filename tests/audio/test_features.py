"""Log-mel pictures equal librosa's, whatever the settings and the sound."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from librosa.filters import mel
from numpy.typing import NDArray

from silencio.audio import LogMel
from silencio.audio.features import hz_to_mel, mel_bands, mel_to_hz
from silencio.settings import FrontEnd
from tests.audio.conftest import song

SMALL = FrontEnd(sample_rate=16_000, window_seconds=1, hop_seconds=1, hop_length=400, n_mels=48, fmax=8_000)


@st.composite
def front_ends(draw: st.DrawFn) -> FrontEnd:
    rate = draw(st.sampled_from([8_000, 16_000, 22_050, 32_000, 48_000]))
    window = draw(st.floats(0.2, 1.5))
    fmax = draw(st.floats(1_000, rate / 2))
    return FrontEnd(
        sample_rate=rate,
        window_seconds=window,
        hop_seconds=window,
        n_fft=draw(st.sampled_from([256, 400, 512, 1024, 2048])),
        hop_length=draw(st.integers(50, 1500)),
        n_mels=draw(st.integers(4, 128)),
        fmin=draw(st.floats(0, 900)),
        fmax=fmax,
        top_db=draw(st.sampled_from([20.0, 80.0])),
    )


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
@settings(max_examples=50, deadline=None)
def test_decibels_equal_librosas(front_end: FrontEnd, seed: int, loudness: float) -> None:
    """Within 1e-5 of the loudest band's power, and within a thousandth of a decibel where it is not far below.

    Both compute in single precision, where deep below a loud tone each has rounding noise of its own.
    """
    samples = np.float32(loudness) * song(front_end.window_seconds, front_end.sample_rate, seed)

    ours = LogMel(front_end).decibels(samples)

    theirs = by_librosa(samples, front_end)
    assert ours.shape == front_end.shape
    loudest = theirs.max()
    power, expected = 10 ** ((ours - loudest) / 10), 10 ** ((theirs - loudest) / 10)
    np.testing.assert_allclose(power, expected, rtol=0, atol=1e-5)
    near = theirs > loudest - 20
    np.testing.assert_allclose(ours[near], theirs[near], rtol=0, atol=1e-3)


@pytest.mark.filterwarnings("ignore:Empty filters")
@given(front_ends())
@settings(max_examples=100, deadline=None)
def test_mel_filters_equal_librosas(front_end: FrontEnd) -> None:
    theirs = mel(
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


@given(st.floats(1e-3, 100), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_loudness_leaves_no_trace_in_the_picture(gain: float, seed: int) -> None:
    samples = song(1, 16_000, seed)[None]

    np.testing.assert_allclose(LogMel(SMALL)(np.float32(gain) * samples), LogMel(SMALL)(samples), atol=2e-3)


def test_a_picture_has_mean_0_and_deviation_1() -> None:
    pictures = LogMel(SMALL)(np.stack([song(1, 16_000, seed) for seed in range(3)]))

    assert pictures.shape == (3, *SMALL.shape)
    assert pictures.dtype == np.float32
    np.testing.assert_allclose(pictures.mean(axis=(1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(pictures.std(axis=(1, 2)), 1, atol=1e-3)


def test_silence_is_all_0() -> None:
    assert not LogMel(SMALL)(np.zeros((1, 16_000), np.float32)).any()


def test_a_picture_does_not_depend_on_its_neighbours() -> None:
    windows = np.stack([song(1, 16_000, seed) for seed in range(3)])
    log_mel = LogMel(SMALL)

    together = log_mel(windows)

    for window, picture in zip(windows, together, strict=True):
        np.testing.assert_array_equal(log_mel(window[None])[0], picture)


@given(st.floats(-(2.0**31), 2.0**31, width=32))
@settings(max_examples=30, deadline=None)
def test_no_sound_that_decoding_lets_through_gives_a_picture_of_no_numbers(peak: float) -> None:
    samples = np.full((1, 16_000), peak, np.float32)
    samples[0, ::2] *= -1

    assert np.isfinite(LogMel(SMALL)(samples)).all()


def test_a_tone_is_brightest_in_the_band_around_it() -> None:
    at = np.arange(16_000) / 16_000
    lowest, highest = hz_to_mel(np.array([SMALL.fmin, SMALL.fmax]))
    corners = mel_to_hz(np.linspace(lowest, highest, SMALL.n_mels + 2))

    for hz in (300, 1000, 5000):
        brightest = (
            LogMel(SMALL).decibels(np.sin(2 * np.pi * hz * at).astype(np.float32)).mean(axis=1).argmax()
        )
        assert corners[brightest] < hz < corners[brightest + 2]
