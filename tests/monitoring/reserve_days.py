"""Days in the built-in reserve: recordists with microphones of their own, species with dialects, a model that knows
them, and what it hears when either changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from silencio.audio import Features
from silencio.data.reserve.background import background
from silencio.data.reserve.chance import chance
from silencio.data.reserve.hours import awake, is_night, moment
from silencio.data.reserve.microphone import microphone, worn
from silencio.data.reserve.place import place
from silencio.data.reserve.recordings import Recording, plan_recordings, render_recording, score_recording
from silencio.data.reserve.score import Call, perform, singer
from silencio.data.reserve.species import inhabitants
from silencio.data.reserve.voice import RATE, sing
from silencio.monitoring.from_windows import observed
from silencio.monitoring.heard import Heights, Observed
from silencio.monitoring.reference import Reference, reference_of
from silencio.monitoring.spectrum import heights_of
from silencio.settings import FrontEnd, Reserve
from tests.monitoring.samples import windows_in

FRONT_END = FrontEnd(sample_rate=32_000, hop_length=800, n_mels=64)
RESERVE = Reserve(species=6, recordings_per_species=90, recordists=6, drift=0.3)
FIRST = datetime(2024, 10, 1)
SECONDS = 10


def recordings(begin: int, count: int, a_day: int, first: datetime = FIRST) -> list[Recording]:
    """Of all that the reserve has, in an order that never changes; so many are made on each day."""
    planned = plan_recordings(RESERVE)
    rng = np.random.default_rng(begin)
    order = np.random.default_rng(0).permutation(len(planned))[begin : begin + count]
    chosen = [planned[int(k)] for k in order]
    return [
        replace(
            one,
            recorded_at=moment(
                first + timedelta(days=k // a_day),
                one.recorded_at.hour >= 18 or one.recorded_at.hour < 6,
                rng,
            ),
        )
        for k, one in enumerate(chosen)
    ]


def in_another_dialect(recording: Recording, drift: float) -> Recording:
    """As far as the species' calls would have come at so many semitones a year."""
    return replace(recording, reserve=recording.reserve.model_copy(update={"drift": drift}))


@dataclass(frozen=True)
class Heard:
    """A recording through the front end, before any model."""

    recording: Recording
    features: NDArray[np.float32]
    heights: Heights


def hear(recording: Recording) -> Heard:
    samples = render_recording(recording, score_recording(recording))
    windows = windows_in(samples, FRONT_END)
    features, scale = Features(FRONT_END).scaled(windows)
    heights = heights_of(features, scale, FRONT_END)
    assert heights is not None
    return Heard(recording, features, heights)


@dataclass(frozen=True)
class Linear:
    """Which species calls, from how each band's loudest moments stand out: small, yet it learns."""

    codes: tuple[str, ...]
    weights: NDArray[np.float64]
    """[classes, numbers + 1]"""
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def of(cls, heard: Sequence[Heard]) -> "Linear":
        codes = tuple(sorted({h.recording.species.code for h in heard}))
        told = np.concatenate([numbers(h.features) for h in heard])
        answers = np.concatenate(
            [np.full(len(h.features), codes.index(h.recording.species.code)) for h in heard]
        )
        mean, spread = told.mean(axis=0), told.std(axis=0) + 1e-6
        inputs = np.c_[(told - mean) / spread, np.ones(len(told))]
        truth = np.eye(len(codes))[answers]

        def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            weights = flat.reshape(len(codes), -1)
            logits = inputs @ weights.T
            logits -= logits.max(axis=1, keepdims=True)
            p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            surprise = -np.log(np.maximum(p[np.arange(len(p)), answers], 1e-12)).mean()
            gradient = (p - truth).T @ inputs / len(p) + 0.02 * weights
            return float(surprise + 0.01 * (weights**2).sum()), gradient.ravel()

        found = minimize(loss, np.zeros(len(codes) * inputs.shape[1]), jac=True, method="L-BFGS-B")
        return cls(codes, found.x.reshape(len(codes), -1), mean, spread)

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """[windows, mels, frames] to [windows, classes]"""
        inputs = np.c_[(numbers(features) - self.mean) / self.spread, np.ones(len(features))]
        logits = inputs @ self.weights.T
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def observe(self, heard: Heard) -> Observed:
        recording = heard.recording
        seen = Observed(recording.recorded_at, f"Recordist {recording.recordist + 1}", heard.heights)
        said = self.probabilities(heard.features).max(axis=0)
        calling = frozenset({recording.species.code})
        return observed(seen, said, list(self.codes), np.full(len(self.codes), 0.5), calling)


def numbers(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """[windows, mels, frames] to [windows, 2 * mels]"""
    loud, usual = np.quantile(features, 0.97, axis=2), np.median(features, axis=2)
    return np.asarray(np.concatenate([loud - usual, loud], axis=1), np.float64)


def learnt(taught: Sequence[Heard], held_out: Sequence[Heard]) -> tuple[Linear, Reference]:
    """A model, and what is usual by recordings that it never learned from."""
    model = Linear.of(taught)
    usual = [model.observe(heard) for heard in held_out]
    return model, reference_of(usual, usual, FRONT_END)


def listen(site: int, at: datetime, owner: str, seed: int, wear: float) -> Observed:
    """Ten seconds of an unattended recorder, through somebody's microphone; the model is not asked."""
    rng = chance(RESERVE.seed, "piece", site, at.isoformat(), seed)
    recorder = worn(microphone(RESERVE.seed, owner, RESERVE.colour), wear)
    ground = place(RESERVE.seed, f"site {site}", RESERVE.streams)
    noise = background(ground, recorder, at.hour, rng.random() < RESERVE.rain, SECONDS * RATE, rng)
    here = awake(inhabitants(RESERVE.seed, RESERVE.species), is_night(at))
    calls = [
        Call(
            species,
            int(rng.integers(RATE * (SECONDS - 3))),
            sing(singer(species, RESERVE.drift, at, rng), rng),
            30,
            10,
        )
        for species in here
        if rng.random() < 0.5
    ]
    samples = perform(calls, noise, recorder, rng)
    features, scale = Features(FRONT_END).scaled(windows_in(samples, FRONT_END))
    return Observed(at, f"site {site}", heights_of(features, scale, FRONT_END))


def day_at(
    site: int, day: datetime, pieces: int, owner: str | None = None, wear: float = 0.0
) -> list[Observed]:
    """Pieces all round the clock."""
    return [
        listen(site, day + timedelta(minutes=k * 1440 // pieces), owner or f"site {site}", k, wear)
        for k in range(pieces)
    ]
