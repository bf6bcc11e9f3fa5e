"""What is kept of a request, and what somebody says about it."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from hashlib import sha256

NOBODY = ""
"""In place of a species: that nobody calls."""


class Verdict(StrEnum):
    RIGHT = "right"
    """What the service said, or the species that are named of it, do call."""
    WRONG = "wrong"
    """They do not."""
    SPECIES = "species"
    """These call, and no others."""


class Said(Enum):
    """What became of a word."""

    KEPT = "kept"
    UNKNOWN = "unknown"
    """There is no such request."""
    GONE = "gone"
    """Its audio was never kept, or is not kept any more."""
    EMPTY = "empty"
    """Nothing was answered that could be wrong."""


@dataclass(frozen=True)
class Kept:
    """One request. Of who sent it nothing is known: no address, no key."""

    request: str
    at: float
    """Seconds since 1970, when it was answered."""
    model: str
    """The bundle's digest."""
    seconds: float
    species: tuple[tuple[str, float], ...] = ()
    """Over their thresholds: (code, probability)"""
    version: str | None = None
    """The model's, in the registry."""
    tour: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    said_at: str | None = None
    """When it was recorded, as who recorded it says: ISO 8601."""
    passive: bool = False
    """Whether the passive log drew it."""
    audio: str | None = None
    """The name of its audio: SHA-256 and suffix. None: its audio was never kept."""


@dataclass(frozen=True)
class Word:
    """What somebody says about a request's recording, or of a stretch of it."""

    request: str
    said_by: str
    verdict: Verdict
    species: tuple[str, ...] = ()
    """None with right or wrong: all that the service answered."""
    start: float | None = None
    """Seconds; none: of the whole recording."""
    end: float | None = None


@dataclass(frozen=True)
class Statement:
    """One species, there or not, as one person says."""

    audio: str
    species: str
    """Its code, or `NOBODY`."""
    said_by: str
    present: bool
    complete: bool
    """Whether whoever said so named all that call: then what others name is denied."""
    start: float | None
    end: float | None
    at: float


@dataclass(frozen=True)
class Visit:
    """One recording of a tour, with what guides say about it."""

    kept: Kept
    statements: tuple[Statement, ...]


def audio_name(recording: bytes, suffix: str) -> str:
    return f"{sha256(recording).hexdigest()}{suffix}"
