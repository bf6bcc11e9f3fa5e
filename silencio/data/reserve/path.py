"""The way from the animal to the recorder."""

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq

from silencio.data.reserve.microphone import Microphone
from silencio.data.reserve.voice import RATE, Samples

FAST = 8192
"""Samples: transforms whose length is a multiple of it are quick."""


def usual_snr(metres: float) -> float:
    """dB of a usual caller at a distance: 6 less each time that it doubles."""
    return float(28 - 20 * np.log10(metres / 5))


def usual_metres(snr_db: float) -> float:
    """The distance at which a usual caller is heard at this SNR; nobody lets a recordist nearer than 3 m."""
    return float(np.clip(5 * 10 ** ((28 - snr_db) / 20), 3, 250))


def hear(call: Samples, metres: float, microphone: Microphone, rng: np.random.Generator) -> Samples:
    """[samples and an echo] of a call, as it arrives and is recorded. Its level means nothing yet.

    Leaves and air take the high frequencies first, and the farther, the more of it comes by way of the trees.
    """
    echo = _echo(metres, rng)
    size = -(-(len(call) + len(echo)) // FAST) * FAST
    frequencies = rfftfreq(size, 1 / RATE).astype(np.float32)
    lost = 0.017 * metres * (frequencies / 1000) ** 1.1
    way = rfft(echo, size) * 10 ** (-lost / 20) * microphone.gain(frequencies)
    return np.asarray(irfft(rfft(call, size) * way, size)[: len(call) + len(echo)], np.float32)


def _echo(metres: float, rng: np.random.Generator) -> Samples:
    """An impulse response: the direct sound, then ever fewer reflections."""
    reverberation = rng.uniform(0.25, 0.6)
    seconds = np.arange(round(reverberation * RATE), dtype=np.float32) / RATE
    tail = rng.standard_normal(len(seconds), np.float32) * np.exp(-6.9 * seconds / reverberation)
    tail *= np.float32(min(0.9, metres / 100) / np.sqrt(np.sum(tail**2)))
    tail[0] = 1
    return tail
