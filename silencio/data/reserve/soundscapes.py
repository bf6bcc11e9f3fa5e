"""What unattended recorders hear: a minute, whoever calls, near and far, and nobody in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import numpy as np

from silencio.data.reserve.background import background
from silencio.data.reserve.chance import chance, deal, some
from silencio.data.reserve.hours import awake, moment, nights
from silencio.data.reserve.microphone import Microphone, microphone
from silencio.data.reserve.mix import without_clipping
from silencio.data.reserve.path import usual_metres
from silencio.data.reserve.place import place
from silencio.data.reserve.score import Call, perform, singer
from silencio.data.reserve.species import Species, inhabitants, strangers
from silencio.data.reserve.voice import RATE, Samples, sing
from silencio.errors import WrongUse
from silencio.settings import Reserve

SECONDS = 60
FIRST_DAY = datetime(2025, 2, 1)
SHORTEST = 0.5
"""Seconds of a bout that the end of the recording leaves: with less, nobody could tell what it was."""
STRANGERS_DB = (-11.0, -3.0)
"""Fainter than anybody would label: they only make the silence less than perfect."""


@dataclass(frozen=True)
class Soundscape:
    reserve: Reserve
    site: int
    recorded_at: datetime
    raining: bool
    callers: tuple[Species, ...]
    strangers: tuple[Species, ...]
    labelled: bool = True

    @property
    def filename(self) -> str:
        return f"S{self.site + 1:02d}_{self.recorded_at:%Y%m%d_%H%M%S}.ogg"

    @property
    def microphone(self) -> Microphone:
        return microphone(self.reserve.seed, f"site {self.site}", self.reserve.colour)


def plan_soundscapes(settings: Reserve) -> list[Soundscape]:
    """At each site in turn, by day and by night; species are dealt so that none is left out. Those that are labelled,
    and after them as many more as the settings say, of later days."""
    if settings.soundscapes < 2 * settings.sites:
        raise WrongUse(
            f"data.reserve has {settings.soundscapes} soundscapes for {settings.sites} sites.",
            f"Each site needs one by day and one by night: set soundscapes to {2 * settings.sites} or more, "
            f"or sites to {settings.soundscapes // 2} or fewer.",
        )
    # Drawn apart: however many there are that nobody labels, those that are labelled stay the same.
    return [*_plan(settings, settings.soundscapes, True), *_plan(settings, settings.unlabelled, False)]


def _plan(settings: Reserve, count: int, labelled: bool) -> Iterator[Soundscape]:
    residents = inhabitants(settings.seed, settings.species)
    # Where it is never night, or always, those who would sleep call as well: else nobody would hear them.
    all_in_one = settings.night in (0, 1)
    drawn = () if labelled else ("unlabelled",)
    dealt = {
        (site, night): deal(
            residents if all_in_one else awake(residents, night),
            chance(settings.seed, *drawn, "deal", site, int(night)),
        )
        for site in range(settings.sites)
        for night in (False, True)
    }
    raining = some(count, settings.rain, chance(settings.seed, *drawn, "rain"))
    for index in range(count):
        rng = chance(settings.seed, *drawn, "soundscape", index)
        yield _soundscape(settings, index, count, labelled, raining[index], dealt, rng)


def _soundscape(
    settings: Reserve,
    index: int,
    count: int,
    labelled: bool,
    raining: bool,
    dealt: dict[tuple[int, bool], Iterator[Species]],
    rng: np.random.Generator,
) -> Soundscape:
    turn, site = divmod(index, settings.sites)
    turns = len(range(site, count, settings.sites))
    night = nights(turns, settings.night)[turn]
    callers = list(islice(dealt[site, night], int(rng.integers(2, 5))))
    if rng.random() < 0.15:
        callers.append(next(dealt[site, not night]))
    far = awake(strangers(settings.seed, settings.species), night)
    return Soundscape(
        reserve=settings,
        site=site,
        # A day of its own for each: no two files of a site can have the same name.
        recorded_at=moment(
            FIRST_DAY + timedelta(days=index + (0 if labelled else settings.soundscapes)), night, rng
        ),
        raining=raining,
        callers=tuple(dict.fromkeys(callers)),
        strangers=tuple(
            far[int(which)] for which in rng.integers(len(far), size=int(rng.integers(1, 4 if night else 6)))
        ),
        labelled=labelled,
    )


def score_soundscape(soundscape: Soundscape) -> list[Call]:
    """The calls of those who live there, which are labelled."""
    rng = chance(soundscape.reserve.seed, "score", soundscape.filename)
    return [
        call
        for species in soundscape.callers
        for call in _calls(species, soundscape, soundscape.reserve.soundscape_snr_db, rng)
    ]


def render_soundscape(soundscape: Soundscape, calls: list[Call]) -> Samples:
    """[samples] of a minute, from its score, and of strangers besides."""
    settings, recorder = soundscape.reserve, soundscape.microphone
    rng = chance(settings.seed, "sound", soundscape.filename)
    ground = place(settings.seed, f"site {soundscape.site}", settings.streams)
    hour = soundscape.recorded_at.hour
    noise = background(ground, recorder, hour, soundscape.raining, SECONDS * RATE, rng)
    far = [
        call for species in soundscape.strangers for call in _calls(species, soundscape, STRANGERS_DB, rng)
    ]
    return without_clipping(perform([*calls, *far], noise, recorder, rng), 0.8)


def _calls(
    species: Species, soundscape: Soundscape, snr_db: tuple[float, float], rng: np.random.Generator
) -> Iterator[Call]:
    """One animal's bouts: a few, then it has gone."""
    voice = singer(species, soundscape.reserve.drift, soundscape.recorded_at, rng)
    loudness = float(rng.uniform(*snr_db))
    start = round(rng.uniform(0, SECONDS - 12) * RATE)
    for _ in range(int(rng.integers(1, 6))):
        if start > (SECONDS - SHORTEST) * RATE:
            return
        samples = sing(voice, rng)
        snr = round(float(np.clip(loudness + rng.normal(0, 1), *snr_db)), 1)
        yield Call(species, start, samples, usual_metres(loudness), snr)
        start += len(samples) + round(rng.uniform(2, 14) * RATE)
