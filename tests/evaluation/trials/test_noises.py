import numpy as np
import pytest
from numpy.fft import irfft, rfft, rfftfreq
from numpy.typing import NDArray

from silencio.audio.decode import Samples
from silencio.evaluation.curves import NOISES as SHOWN
from silencio.evaluation.trials.harder import power
from silencio.evaluation.trials.noises import NOISES, noise
from silencio.settings import Evaluation

RATE = 32_000
SEEDS = range(4)


def made(name: str, seed: int = 0, seconds: float = 5.0, rate: int = RATE) -> Samples:
    return noise(name, round(seconds * rate), rate, np.random.default_rng(seed))


@pytest.mark.parametrize("name", NOISES)
def test_it_has_unit_power_is_the_same_each_time_and_differs_by_draw(name: str) -> None:
    sound = made(name)
    assert sound.dtype == np.float32
    assert power(sound) == pytest.approx(1, rel=1e-4)
    np.testing.assert_array_equal(sound, made(name))
    assert abs(np.corrcoef(sound, made(name, seed=1))[0, 1]) < 0.2


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_it_is_the_same_noise_at_any_rate(name: str, rate: int) -> None:
    sound = made(name, seconds=2.0, rate=rate)
    assert len(sound) == 2 * rate
    low, at_32 = band(sound, rate, 100, 3_000), band(made(name, seconds=2.0), RATE, 100, 3_000)
    assert np.corrcoef(envelope(low, rate), envelope(at_32, RATE))[0, 1] > 0.99


@pytest.mark.parametrize("seed", SEEDS)
def test_wind_rumbles(seed: int) -> None:
    assert share(made("wind", seed), 0, 800) > 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_rain_falls_in_drops_over_the_whole_spectrum(seed: int) -> None:
    rain = made("rain", seed)
    assert share(rain, 2_000, 16_000) > 0.2
    assert np.abs(rain).max() > 1.2 * np.abs(made("white", seed)).max()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_chainsaw_buzzes_at_the_pitch_of_an_engine(seed: int) -> None:
    """Its sound repeats itself with each turn, 40 to 220 times a second; rain does not."""
    assert repeats(made("chainsaw", seed)) > 0.5
    assert repeats(made("rain", seed)) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_speech_has_a_voice_pauses_and_little_above_6_khz(seed: int) -> None:
    speech = made("speech", seed)
    loudness = envelope(speech, RATE, seconds=0.02)
    assert repeats(speech) > 0.4
    assert 0.05 < np.mean(loudness < 0.1 * loudness.max()) < 0.8
    assert share(speech, 0, 6_000) > 0.85


def test_every_noise_of_the_settings_is_there_and_has_a_curve() -> None:
    assert set(Evaluation().trials.noises) == set(SHOWN)
    assert set(SHOWN) <= set(NOISES)


def share(sound: Samples, low: float, high: float) -> float:
    return power(band(sound, RATE, low, high)) / power(sound)


def band(sound: Samples, rate: int, low: float, high: float) -> Samples:
    frequencies = rfftfreq(len(sound), 1 / rate)
    kept = rfft(sound) * ((frequencies >= low) & (frequencies < high))
    return np.asarray(irfft(kept, len(sound)), np.float32)


def envelope(sound: Samples, rate: int, seconds: float = 0.1) -> NDArray[np.float64]:
    frame = round(seconds * rate)
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame).astype(np.float64)
    return np.asarray(np.sqrt((frames**2).mean(axis=1)))


def repeats(sound: Samples, low: float = 40, high: float = 260) -> float:
    """How alike sound is to itself a turn later: the median over the louder half of frames of 0.1 s."""
    frames = sound[: len(sound) // 3_200 * 3_200].reshape(-1, 3_200).astype(np.float64)
    frames = frames[(frames**2).mean(axis=1) > np.median((frames**2).mean(axis=1))]
    power_spectrum = np.abs(rfft(frames, 6_400, axis=1)) ** 2
    likeness = irfft(power_spectrum, axis=1)
    # The further the two lie apart, the less of the frame they share.
    lags = np.arange(round(RATE / high), round(RATE / low))
    shared = 1 - lags / 3_200
    return float(np.median((likeness[:, lags] / shared / likeness[:, :1]).max(axis=1)))
