"""What unattended recorders hear: a minute, whoever calls, near and far, and nobody in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import numpy as np

from silencio.data.reserve.chance import between, chance, deal
from silencio.data.reserve.mix import add, usual_snr, without_clipping
from silencio.data.reserve.recordings import moment
from silencio.data.reserve.scene import background, hear, microphone, place
from silencio.data.reserve.species import Species, awake, inhabitants, strangers
from silencio.data.reserve.voice import RATE, Samples, individual, sing
from silencio.errors import WrongUse
from silencio.settings import Reserve

SECONDS = 60
FIRST_DAY = datetime(2025, 2, 1)
SHORTEST = 0.5
"""Seconds of a bout that the end of the recording leaves: with less, nobody could tell what it was."""


@dataclass(frozen=True)
class Soundscape:
    seed: int
    site: int
    recorded_at: datetime
    callers: tuple[Species, ...]
    strangers: tuple[Species, ...]

    @property
    def filename(self) -> str:
        return f"S{self.site + 1:02d}_{self.recorded_at:%Y%m%d_%H%M%S}.ogg"


@dataclass(frozen=True)
class Bout:
    """A call that is there, from `start` to `end`, in seconds."""

    start: float
    end: float
    species: str
    snr_db: float


def plan_soundscapes(settings: Reserve) -> list[Soundscape]:
    """At each site in turn, by day and by night in turn; species are dealt so that none is left out."""
    if settings.soundscapes < 2 * settings.sites:
        raise WrongUse(
            f"data.reserve has {settings.soundscapes} soundscapes for {settings.sites} sites.",
            f"Each site needs one by day and one by night: set soundscapes to {2 * settings.sites} or more, "
            f"or sites to {settings.soundscapes // 2} or fewer.",
        )
    residents = inhabitants(settings.seed, settings.species)
    outside = strangers(settings.seed, settings.species)
    dealt = {
        (site, night): deal(awake(residents, night), chance(settings.seed, "deal", site, int(night)))
        for site in range(settings.sites)
        for night in (False, True)
    }
    return [_soundscape(settings, index, dealt, outside) for index in range(settings.soundscapes)]


def _soundscape(
    settings: Reserve,
    index: int,
    dealt: dict[tuple[int, bool], Iterator[Species]],
    outside: tuple[Species, ...],
) -> Soundscape:
    rng = chance(settings.seed, "soundscape", index)
    turn, site = divmod(index, settings.sites)
    night = turn % 2 == 1
    callers = list(islice(dealt[site, night], int(rng.integers(2, 5))))
    if rng.random() < 0.15:
        callers.append(next(dealt[site, not night]))
    far = awake(outside, night)
    return Soundscape(
        seed=settings.seed,
        site=site,
        # A day of its own for each: no two files of a site can have the same name.
        recorded_at=moment(FIRST_DAY + timedelta(days=index), night, rng),
        callers=tuple(dict.fromkeys(callers)),
        strangers=tuple(
            far[int(which)] for which in rng.integers(len(far), size=int(rng.integers(1, 4 if night else 6)))
        ),
    )


def render_soundscape(soundscape: Soundscape) -> tuple[Samples, list[Bout]]:
    """[samples] of a minute, and what is to be heard in it, in order of time."""
    rng = chance(soundscape.seed, "sound", soundscape.filename)
    recorder = microphone(soundscape.seed, f"site {soundscape.site}")
    ground = place(soundscape.seed, f"site {soundscape.site}")
    noise = background(ground, recorder, soundscape.recorded_at.hour, SECONDS * RATE, rng)
    scene = noise.copy()
    bouts: list[Bout] = []
    for species in soundscape.callers:
        metres = between(rng, (6, 150))
        for start, call in _calls(species, rng):
            snr = round(usual_snr(metres) + float(rng.normal(0, 1)), 1)
            add(scene, noise, hear(call, metres, recorder, rng), start, snr)
            end = min(start + len(call), len(scene))
            bouts.append(Bout(round(start / RATE, 3), round(end / RATE, 3), species.code, snr))
    for species in soundscape.strangers:
        # Farther than anybody would label: they only make the silence less than perfect.
        metres = between(rng, (180, 450))
        for start, call in _calls(species, rng):
            add(scene, noise, hear(call, metres, recorder, rng), start, usual_snr(metres))
    return without_clipping(scene, 0.8), sorted(bouts, key=lambda bout: (bout.start, bout.species))


def _calls(species: Species, rng: np.random.Generator) -> Iterator[tuple[int, Samples]]:
    """One animal's bouts, each with the sample that it starts at: a few, then it has gone."""
    singer = individual(species.repertoire, rng)
    start = round(rng.uniform(0, SECONDS - 12) * RATE)
    for _ in range(int(rng.integers(1, 6))):
        if start > (SECONDS - SHORTEST) * RATE:
            return
        call = sing(singer, rng)
        yield start, call
        start += len(call) + round(rng.uniform(2, 14) * RATE)
