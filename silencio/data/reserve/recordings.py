"""What recordists bring home: one species, near, each recordist with a microphone of their own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from silencio.data.reserve.chance import between, chance
from silencio.data.reserve.mix import add, usual_snr
from silencio.data.reserve.scene import background, hear, microphone, place
from silencio.data.reserve.species import DAWN, DUSK, Species, inhabitants
from silencio.data.reserve.voice import RATE, Samples, individual, sing
from silencio.settings import Reserve

FIRST_ID = 1000
LATITUDE, LONGITUDE = 6.76, -74.21
"""A hillside above the Magdalena; recordists walk a few kilometres about it."""
FIRST_DAY = datetime(2021, 1, 1)
DAYS = 4 * 365


@dataclass(frozen=True)
class Recording:
    seed: int
    identifier: str
    species: Species
    secondary: Species | None
    recordist: int
    recorded_at: datetime
    latitude: float
    longitude: float
    metres: float
    snr_db: float

    @property
    def filename(self) -> str:
        return f"{self.species.code}/{self.identifier}.ogg"


def plan_recordings(settings: Reserve) -> list[Recording]:
    residents = inhabitants(settings.seed, settings.species)
    return [
        _recording(settings, residents, index, number, recordist)
        for index in range(len(residents))
        for number, recordist in enumerate(_recordists(settings, index))
    ]


def _recordists(settings: Reserve, species: int) -> list[int]:
    """Who made each recording of a species: everybody once, in an order of its own, then whoever came by."""
    rng = chance(settings.seed, "recordists", species)
    others = rng.integers(settings.recordists, size=settings.recordings_per_species)
    everybody = [*rng.permutation(settings.recordists), *others]
    return [int(recordist) for recordist in everybody[: settings.recordings_per_species]]


def _recording(
    settings: Reserve, residents: tuple[Species, ...], index: int, number: int, recordist: int
) -> Recording:
    serial = FIRST_ID + index * settings.recordings_per_species + number
    rng = chance(settings.seed, "recording", index, number)
    species = residents[index]
    # Now and then somebody calls at the wrong time.
    night = species.nocturnal == (rng.random() > 0.07)
    neighbours = [one for one in residents if one.nocturnal == night and one is not species]
    in_the_back = bool(neighbours) and rng.random() < 0.3
    metres = between(rng, (5, 25)) if rng.random() < 0.6 else between(rng, (25, 70))
    return Recording(
        seed=settings.seed,
        identifier=f"RES{serial}",
        species=species,
        secondary=neighbours[int(rng.integers(len(neighbours)))] if in_the_back else None,
        recordist=recordist,
        recorded_at=moment(FIRST_DAY + timedelta(days=int(rng.integers(DAYS))), night, rng),
        latitude=round(LATITUDE + float(rng.normal(0, 0.02)), 4),
        longitude=round(LONGITUDE + float(rng.normal(0, 0.02)), 4),
        metres=metres,
        snr_db=round(usual_snr(metres) + float(rng.normal(0, 2)), 1),
    )


def moment(day: datetime, night: bool, rng: np.random.Generator) -> datetime:
    """A time of that day, or of the night that follows it; more often in its first hours than in its last."""
    after = 12 * 60 * float(rng.beta(1.2, 1.8))
    return day + timedelta(hours=DUSK if night else DAWN, minutes=min(int(after), 12 * 60 - 1))


def render_recording(recording: Recording) -> Samples:
    """[samples] of 5 to 12 s."""
    rng = chance(recording.seed, "sound", recording.identifier)
    recorder = microphone(recording.seed, recording.recordist)
    ground = place(recording.seed, recording.identifier)
    samples = round(between(rng, (5, 12)) * RATE)
    noise = background(ground, recorder, recording.recorded_at.hour, samples, rng)
    scene = noise.copy()

    singer = individual(recording.species.repertoire, rng)
    start = round(rng.uniform(0, 0.8) * RATE)
    while start < samples - RATE:
        call = sing(singer, rng)
        add(scene, noise, hear(call, recording.metres, recorder, rng), start, recording.snr_db)
        start += len(call) + round(rng.uniform(0.6, 2.5) * RATE)
    if recording.secondary is not None:
        metres = between(rng, (50, 120))
        call = sing(individual(recording.secondary.repertoire, rng), rng)
        start = round(rng.uniform(0, max(1, samples - len(call))))
        add(scene, noise, hear(call, metres, recorder, rng), start, usual_snr(metres))
    # Recordists turn the gain up until it is loud enough.
    return scene * np.float32(rng.uniform(0.25, 0.8) / np.abs(scene).max())
