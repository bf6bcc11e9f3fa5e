import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.fft import rfft, rfftfreq

from silencio.audio.decode import Samples
from silencio.evaluation.trials.harder import (
    band_limited,
    clipped,
    floor,
    laid_over,
    over_noise,
    power,
    weakened,
)
from silencio.evaluation.trials.noises import NOISES, noise

RATE = 16_000
DECIBELS = st.floats(-30, 30)


def call(seed: int = 0, seconds: float = 2.0) -> Samples:
    """A rising tone in a little noise, silent but for that noise in its second half."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = 0.2 * np.sin(2 * np.pi * (800 + 900 * time) * time) * (time < seconds / 2)
    return (tone + 0.002 * np.random.default_rng(seed).standard_normal(len(time))).astype(np.float32)


def decibels(part: Samples, whole: Samples) -> float:
    return float(10 * np.log10(power(part) / power(whole)))


@pytest.mark.parametrize("name", ["wind", "rain", "chainsaw", "speech"])
@pytest.mark.parametrize("snr_db", [20.0, 0.0, -10.0])
def test_a_window_stands_out_from_the_noise_by_as_much_as_asked(name: str, snr_db: float) -> None:
    sound = call()
    noisy = over_noise(sound, noise(name, len(sound), RATE, np.random.default_rng(1)), snr_db)
    assert decibels(sound, noisy - sound) == pytest.approx(snr_db, abs=0.5)


@given(DECIBELS)
def test_another_call_is_as_much_louder_as_asked(louder: float) -> None:
    sound, other = call(0), call(1)[::-1].copy()
    assert decibels(laid_over(sound, other, louder) - sound, sound) == pytest.approx(louder, abs=0.5)


@given(st.floats(5, 40))
def test_a_weakened_call_sinks_and_the_recorders_own_noise_stays(fainter: float) -> None:
    sound = call()
    hiss = noise("white", len(sound), RATE, np.random.default_rng(1))

    heard = weakened(sound, hiss, fainter, RATE)

    kept = float(np.vdot(heard, sound) / np.vdot(sound, sound))
    assert 20 * np.log10(kept) == pytest.approx(-fainter, abs=1.0)
    left = heard - np.float32(10 ** (-fainter / 20)) * sound
    assert np.sqrt(power(left)) == pytest.approx(floor(sound, RATE), rel=0.01)
    assert floor(sound, RATE) == pytest.approx(0.002, rel=0.1), "what was added where nothing calls"


@given(st.floats(0.01, 0.5))
def test_as_many_samples_are_clipped_as_asked_and_none_else_is_touched(share: float) -> None:
    sound = call()
    heard = clipped(sound, share)
    most = np.abs(heard).max()
    assert np.mean(np.abs(heard) == most) == pytest.approx(share, abs=2 / len(sound))
    inside = np.abs(sound) < most
    np.testing.assert_array_equal(heard[inside], sound[inside])


@pytest.mark.parametrize("hertz", [6_000.0, 2_000.0, 500.0])
def test_a_dull_microphone_hears_nothing_above_and_all_below(hertz: float) -> None:
    sound = noise("white", 2 * RATE, RATE, np.random.default_rng(0))
    heard = band_limited(sound, hertz, RATE)
    frequencies, before, after = rfftfreq(len(sound), 1 / RATE), np.abs(rfft(sound)), np.abs(rfft(heard))
    assert after[frequencies > hertz].max() < 1e-4 * before.max()
    below = frequencies < 0.94 * hertz
    np.testing.assert_allclose(after[below], before[below], atol=1e-3 * before.max())


@pytest.mark.parametrize("name", NOISES)
def test_silence_stays_silence_whatever_is_done_to_it(name: str) -> None:
    silent = np.zeros(RATE, np.float32)
    around = noise(name, RATE, RATE, np.random.default_rng(0))
    assert not over_noise(silent, around, 0.0).any()
    assert not clipped(silent, 0.3).any()
    assert not band_limited(silent, 1_000, RATE).any()
