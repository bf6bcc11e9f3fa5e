"""The same sound under worse conditions. All take and give [samples]; levels are of mean power over the whole sound."""

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq

from silencio.audio.decode import Samples

FRAME_SECONDS = 0.02
FLOOR_SHARE = 0.1
"""Of frames: those in which least is heard are what the recorder itself adds."""
LEAST_FLOOR = 10 ** (-90 / 20)
"""What 16 bits leave of silence."""


def laid_over(sound: Samples, other: Samples, decibels: float) -> Samples:
    """Another sound [samples] at the same time, so much louder than this one."""
    return sound + _at(other, power(sound) * 10 ** (decibels / 10))


def over_noise(sound: Samples, noise: Samples, snr_db: float) -> Samples:
    """With noise [samples], so much fainter than the sound."""
    return laid_over(sound, noise, -snr_db)


def weakened(sound: Samples, hiss: Samples, decibels: float, rate: int) -> Samples:
    """As from farther away: all that is heard sinks by so much, and what the recorder adds (`hiss`, [samples]) stays
    as loud as the sound was where it was quietest."""
    return np.float32(10 ** (-decibels / 20)) * sound + _at(hiss, floor(sound, rate) ** 2)


def clipped(sound: Samples, share: float) -> Samples:
    """As from a microphone that this share of samples is too loud for. It stays as loud as it was."""
    most = np.quantile(np.abs(sound), 1 - share).astype(np.float32)
    return np.clip(sound, -most, most)


def band_limited(sound: Samples, hertz: float, rate: int) -> Samples:
    """As from a microphone that hears nothing above; a twelfth of an octave below that it begins to fade.
    What a front end of this rate does not hear either is not missed."""
    frequencies = np.maximum(rfftfreq(len(sound), 1 / rate), 1e-3)
    gain = np.clip(12 * np.log2(hertz / frequencies), 0, 1)
    return np.asarray(irfft(rfft(sound) * gain, len(sound)), np.float32)


def power(sound: Samples) -> float:
    return float(np.mean(np.square(sound, dtype=np.float64)))


def floor(sound: Samples, rate: int) -> float:
    """Amplitude (root of the mean power) of the quietest tenth of its frames."""
    length = max(1, min(len(sound), round(FRAME_SECONDS * rate)))
    frames = sound[: len(sound) // length * length].reshape(-1, length)
    powers = np.sort(np.mean(np.square(frames, dtype=np.float64), axis=1))
    quietest = powers[: max(1, round(FLOOR_SHARE * len(powers)))]
    return max(float(np.sqrt(quietest.mean())), LEAST_FLOOR)


def _at(sound: Samples, wanted: float) -> Samples:
    """Made as loud as this mean power; silence stays silent."""
    given = power(sound)
    return sound * np.float32(np.sqrt(wanted / given)) if given > 0 else sound
