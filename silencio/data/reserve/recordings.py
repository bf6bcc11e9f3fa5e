"""What recordists bring home: one species, near, each recordist with a microphone of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from silencio.data.reserve.background import background
from silencio.data.reserve.chance import between, chance, some
from silencio.data.reserve.dialect import FIRST_YEAR
from silencio.data.reserve.hours import awake, moment, nightliness
from silencio.data.reserve.microphone import Microphone, microphone, worn
from silencio.data.reserve.path import usual_metres
from silencio.data.reserve.place import place
from silencio.data.reserve.score import Call, perform, singer
from silencio.data.reserve.species import Species, inhabitants
from silencio.data.reserve.voice import RATE, Samples, sing
from silencio.settings import Reserve

FIRST_ID = 1000
LATITUDE, LONGITUDE = 6.76, -74.21
"""A hillside above the Magdalena; recordists walk a few kilometres about it."""
FIRST_DAY = datetime(FIRST_YEAR, 1, 1)
DAYS = 4 * 365


@dataclass(frozen=True)
class Recording:
    reserve: Reserve
    identifier: str
    species: Species
    secondary: Species | None
    """Who calls into the call."""
    recordist: int
    recorded_at: datetime
    raining: bool
    latitude: float
    longitude: float
    snr_db: float
    wear: float = 0.0
    """Of the microphone, see `worn`."""

    @property
    def filename(self) -> str:
        return f"{self.species.code}/{self.identifier}.ogg"

    @property
    def microphone(self) -> Microphone:
        return worn(microphone(self.reserve.seed, self.recordist, self.reserve.colour), self.wear)

    @property
    def samples(self) -> int:
        return round(between(chance(self.reserve.seed, "length", self.identifier), (5, 12)) * RATE)


def plan_recordings(settings: Reserve) -> list[Recording]:
    residents = inhabitants(settings.seed, settings.species)
    nightly = nightliness(residents, settings.night)
    return [
        recording
        for index, share in enumerate(nightly)
        for recording in _recordings(settings, residents, index, share)
    ]


def _recordings(
    settings: Reserve, residents: tuple[Species, ...], index: int, nightly: float
) -> Iterator[Recording]:
    """All of a species."""
    species, count = residents[index], settings.recordings_per_species
    conditions = chance(settings.seed, "conditions", index)
    at_night, overlapped, raining = (
        some(count, share, conditions) for share in (nightly, settings.overlap, settings.rain)
    )
    for number, recordist in enumerate(_recordists(settings, index)):
        rng = chance(settings.seed, "recording", index, number)
        day = FIRST_DAY + timedelta(days=int(rng.integers(DAYS)))
        yield Recording(
            reserve=settings,
            identifier=f"RES{FIRST_ID + index * count + number}",
            species=species,
            secondary=_neighbour(species, residents, at_night[number], rng) if overlapped[number] else None,
            recordist=recordist,
            recorded_at=moment(day, at_night[number], rng),
            raining=raining[number],
            latitude=round(LATITUDE + float(rng.normal(0, 0.02)), 4),
            longitude=round(LONGITUDE + float(rng.normal(0, 0.02)), 4),
            snr_db=round(float(rng.uniform(*settings.snr_db)), 1),
        )


def _recordists(settings: Reserve, species: int) -> list[int]:
    """Who made each recording of a species: everybody once, in an order of its own, then whoever came by."""
    rng = chance(settings.seed, "recordists", species)
    others = rng.integers(settings.recordists, size=settings.recordings_per_species)
    everybody = [*rng.permutation(settings.recordists), *others]
    return [int(recordist) for recordist in everybody[: settings.recordings_per_species]]


def _neighbour(
    species: Species, residents: tuple[Species, ...], night: bool, rng: np.random.Generator
) -> Species:
    """Another species, one that is awake if there is any."""
    others = tuple(one for one in residents if one is not species)
    candidates = awake(others, night) or others
    return candidates[int(rng.integers(len(candidates)))]


def score_recording(recording: Recording) -> list[Call]:
    """The species' calls, and last the second caller's, if there is one: it starts in or runs into one of them."""
    rng = chance(recording.reserve.seed, "score", recording.identifier)
    quietest, drift = recording.reserve.snr_db[0], recording.reserve.drift
    # Some are louder than others: the same SNR does not tell the same distance.
    metres = usual_metres(recording.snr_db + float(rng.normal(0, 2)))
    voice = singer(recording.species, drift, recording.recorded_at, rng)
    calls: list[Call] = []
    start = round(rng.uniform(0, 0.8) * RATE)
    while start < recording.samples - RATE:
        samples = sing(voice, rng)
        calls.append(Call(recording.species, start, samples, metres, recording.snr_db))
        start += len(samples) + round(rng.uniform(0.6, 2.5) * RATE)
    if recording.secondary is not None:
        first = calls[int(rng.integers(len(calls)))]
        samples = sing(singer(recording.secondary, drift, recording.recorded_at, rng), rng)
        audible = min(len(first.samples), recording.samples - first.start)
        start = int(rng.uniform(max(0, first.start - len(samples) / 2), first.start + 0.6 * audible))
        snr = round(float(rng.uniform(quietest, recording.snr_db)), 1)
        calls.append(Call(recording.secondary, start, samples, usual_metres(snr), snr))
    return calls


def render_recording(recording: Recording, calls: list[Call]) -> Samples:
    """[samples] of 5 to 12 s, from its score."""
    settings = recording.reserve
    rng = chance(settings.seed, "sound", recording.identifier)
    ground = place(settings.seed, recording.identifier, settings.streams)
    recorder = recording.microphone
    noise = background(
        ground, recorder, recording.recorded_at.hour, recording.raining, recording.samples, rng
    )
    scene = perform(calls, noise, recorder, rng)
    # Recordists turn the gain up until it is loud enough.
    return scene * np.float32(rng.uniform(0.25, 0.8) / np.abs(scene).max())
