"""What is handed over of a request once it is answered, and what is kept of that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from silencio.data.feedback import Arrival, Kept
from silencio.data.feedback.records import audio_name
from silencio.serving.speech import Ear
from silencio.settings import Keeping


@dataclass(frozen=True)
class Parcel:
    """One request."""

    kept: Kept
    """Nothing is said of its audio yet."""
    recording: bytes
    """As it was sent; empty where it may not be kept, and where pictures were sent."""
    suffix: str
    ear: Ear | None
    """None: nobody listened."""
    size: int = 0
    """Bytes that it takes while it waits."""

    @property
    def request(self) -> str:
        return self.kept.request


@dataclass(frozen=True)
class Place:
    """Where the writer keeps what it is handed."""

    folder: Path
    settings: Keeping


@dataclass(frozen=True)
class Order:
    """What the writer is told to do."""

    parcels: tuple[Parcel, ...] = ()
    """To be kept; none: let go of what was kept for long enough."""
    hurries: bool = False
    """They have waited for long: give way to nobody."""


@dataclass(frozen=True)
class Report:
    """What became of an order."""

    spoken: tuple[str, ...] = ()
    """The requests whose recordings are not kept, as people seem to speak in them."""
    lost: str | None = None
    """Why nothing could be done."""
    swept: int = 0
    """Recordings that were let go."""


def judged(parcels: Sequence[Parcel], settings: Keeping) -> list[Arrival]:
    """What is to be kept of each."""
    return [_judged(parcel, settings) for parcel in parcels]


def report_of(parcels: Sequence[Parcel], arrivals: Sequence[Arrival]) -> Report:
    pairs = zip(parcels, arrivals, strict=True)
    return Report(spoken=tuple(p.request for p, a in pairs if p.recording and a.recording is None))


def is_drawn(request: str, share: float) -> bool:
    """Whether the passive log draws a request: by its name alone, so that any process draws the same."""
    return int.from_bytes(sha256(request.encode()).digest()[:7]) < share * 2**56


def _judged(parcel: Parcel, settings: Keeping) -> Arrival:
    if not parcel.recording:
        return Arrival(parcel.kept, None)
    # What nobody listened to is taken for speech.
    if settings.drop_speech and (parcel.ear is None or parcel.ear.speak()):
        return Arrival(parcel.kept, None)
    passive = is_drawn(parcel.request, settings.passive_share)
    name = audio_name(parcel.recording, parcel.suffix)
    return Arrival(replace(parcel.kept, passive=passive, audio=name), parcel.recording)
