"""Where the calls are heard: the sounds that belong to a place."""

from dataclasses import dataclass

from silencio.data.reserve.chance import between, chance


@dataclass(frozen=True)
class Chorus:
    """Insects too far and too many to tell apart: a band of hiss that throbs."""

    pitch: float
    width: float
    """Hz, both"""
    throb: float
    """Hz"""
    unison: float
    """How much of the band throbs together, as a share"""
    level: float
    """dB against the forest's floor"""
    nocturnal: bool


@dataclass(frozen=True)
class Stream:
    """Water over stones: a broad hum that gurgles."""

    pitch: float
    """Hz where it is loudest"""
    level: float
    """dB against the forest's floor"""


@dataclass(frozen=True)
class Place:
    slope: float
    """dB an octave that the wind's rumble falls by"""
    rumble: float
    """dB that it stands above the floor at 200 Hz, at night"""
    gusts: float
    choruses: tuple[Chorus, ...]
    stream: Stream | None


def place(seed: int, name: str | int, streams: float) -> Place:
    """`streams`: the share of places that one is heard at."""
    rng = chance(seed, "place", name)
    water = chance(seed, "stream", name)
    return Place(
        slope=float(rng.uniform(5, 9)),
        rumble=float(rng.uniform(10, 22)),
        gusts=float(rng.uniform(0.2, 0.7)),
        choruses=tuple(
            Chorus(
                pitch=between(rng, (3_300, 11_000)),
                width=between(rng, (90, 700)),
                throb=between(rng, (0.7, 14)),
                unison=float(rng.uniform(0.05, 0.6)),
                level=float(rng.uniform(-3, 7)),
                nocturnal=rank < 4,
            )
            for rank in range(6)
        ),
        stream=(
            Stream(pitch=between(water, (350, 1_400)), level=float(water.uniform(8, 20)))
            if water.random() < streams
            else None
        ),
    )
