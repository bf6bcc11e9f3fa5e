"""What a recorder adds to everything it hears: band limits, a tilt, a resonance, and noise of its own."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from silencio.data.reserve.chance import between, chance

Spectrum = NDArray[np.float32]

DULL = (300.0, 1_500.0)
BRIGHT = (3_000.0, 8_000.0)
"""Hz: the bands whose gains are compared."""
RINGS_AT, RINGS_BY = 2_000.0, 18.0
"""Hz and dB: the resonance of a membrane that is worn out."""


@dataclass(frozen=True)
class Microphone:
    low_cut: float
    high_cut: float
    """Hz, both"""
    tilt: float
    """dB an octave"""
    bump: float
    """Hz of its resonance"""
    bump_gain: float
    """dB"""
    self_noise: float
    """dB against the quietest forest"""

    def decibels(self, frequencies: Spectrum) -> Spectrum:
        """Its gain in dB at some frequencies in Hz."""
        f = np.maximum(frequencies, 20)
        gain = self.tilt * np.log2(f / 2000)
        gain += self.bump_gain * np.exp(-((np.log2(f / self.bump) / 0.5) ** 2))
        gain -= 10 * np.log10(1 + (self.low_cut / f) ** 4) + 10 * np.log10(1 + (f / self.high_cut) ** 8)
        return np.asarray(gain, np.float32)

    def gain(self, frequencies: Spectrum) -> Spectrum:
        """The same as a factor on amplitudes."""
        return np.asarray(10 ** (self.decibels(frequencies) / 20), np.float32)

    @property
    def colour_db(self) -> float:
        """How much brighter (+) or duller (−) it is than a flat one: its mean gain in one band less the other's."""
        dull, bright = (self.decibels(np.geomspace(*band, 64, dtype=np.float32)) for band in (DULL, BRIGHT))
        # Adding zero turns minus zero, which would stand in the table, into zero.
        return round(float(bright.mean() - dull.mean()), 2) + 0.0


def microphone(seed: int, owner: str | int, colour: float) -> Microphone:
    """Everybody's own. `colour` 0 makes all of them alike, and flat; 1 is as recorders in the field differ."""
    rng = chance(seed, "microphone", owner)
    return Microphone(
        low_cut=40 * (between(rng, (40, 250)) / 40) ** colour,
        high_cut=15_500 * (between(rng, (9_000, 15_500)) / 15_500) ** colour,
        tilt=colour * float(rng.uniform(-1.5, 1.5)),
        bump=between(rng, (1_500, 7_000)),
        bump_gain=colour * float(rng.uniform(-5, 6)),
        self_noise=-4 + colour * float(rng.uniform(-5, 7)),
    )


def worn(new: Microphone, wear: float) -> Microphone:
    """The same after seasons in the rain. `wear` 0 is as new; at 1 its membrane rings at 2 kHz, and passes on little
    of what is higher but its own hiss."""
    return replace(
        new,
        high_cut=new.high_cut * 0.2**wear,
        tilt=new.tilt - 3 * wear,
        bump=new.bump * (RINGS_AT / new.bump) ** wear,
        bump_gain=new.bump_gain + wear * (RINGS_BY - new.bump_gain),
        self_noise=new.self_noise + 6 * wear,
    )
