"""A guide whose microphone has suffered: what she records on her walks, and what she says of it.

She says of some recordings what called, through the service as anybody would. The others nobody will ever learn from:
on them the service is asked before a training and after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx

from silencio.data import reserve
from silencio.data.reserve.recordings import Recording
from silencio.data.reserve.walks import FIRST_DAY, plan_walks
from silencio.identity import code_digest, digest_of, digest_of_file
from silencio.progress import Tell, counting
from silencio.release.router import TRACK_HEADER, Track
from silencio.settings import Reserve
from silencio.steps.house import House

GUIDE = "Ana, a guide"
DAYS = 3
"""Of walks: drift is judged by the day, and three tell that it is not one day's weather."""
SAID_OF_EACH = 4
"""Recordings of each species that she speaks about."""
ASKED_OF_EACH = 5
"""Recordings of each species that nobody learns from: the more, the narrower the interval of what was gained."""
WEAR = 1.0
"""Of her microphone, see `silencio.data.reserve.microphone.worn`."""


@dataclass(frozen=True)
class Walked:
    """One recording of hers."""

    recording: Recording
    path: Path
    at: datetime
    """By the clock of the place, and without a zone."""

    @property
    def calling(self) -> list[str]:
        """The codes of all that call, the nearest first."""
        both = (self.recording.species, self.recording.secondary)
        return [species.code for species in both if species is not None]


@dataclass(frozen=True)
class Walks:
    name: str
    """As the service knows them."""
    begin: date
    said: tuple[Walked, ...]
    asked: tuple[Walked, ...]

    @property
    def over(self) -> datetime:
        """The next morning."""
        day = self.begin + timedelta(days=DAYS)
        return datetime(day.year, day.month, day.day, 6).astimezone()


@dataclass(frozen=True)
class Answered:
    """What the service said of one of her recordings."""

    walked: Walked
    model: str
    """The digest of the bundle that answered."""
    request: str
    heard: tuple[str, ...]
    """Codes of the species over their thresholds."""
    confidence: dict[str, float]
    """By code, the highest probability over the windows."""

    @property
    def right(self) -> bool:
        """Whether the surest species calls."""
        return max(self.confidence, key=self.confidence.__getitem__) in self.walked.calling


def walks_from(house: House, begin: date, tell: Tell) -> Walks:
    """Her walks on this day and those that follow, recorded unless they are."""
    settings = house.experiment.data.reserve
    key = digest_of([settings.model_dump(), code_digest("data/reserve"), WEAR, SAID_OF_EACH, ASKED_OF_EACH])
    name = f"walks-{key[:12]}"
    said, asked = (_planned(settings, *kind) for kind in (("SAID", SAID_OF_EACH), ("ASKED", ASKED_OF_EACH)))
    every = [*said, *asked]
    paths = reserve.record(every, house.workspace / f"raw/{name}", counting(tell, "recordings composed"))
    walked = [Walked(one, path, _on(one, begin)) for one, path in zip(every, paths, strict=True)]
    return Walks(name, begin, tuple(walked[: len(said)]), tuple(walked[len(said) :]))


def _planned(settings: Reserve, name: str, of_each: int) -> list[Recording]:
    return plan_walks(settings, name, of_each * settings.species, DAYS, WEAR)


def _on(recording: Recording, begin: date) -> datetime:
    """The reserve has a calendar of its own: its days become these."""
    return recording.recorded_at + (datetime(begin.year, begin.month, begin.day) - FIRST_DAY)


def unsaid(house: House, walks: Walks) -> list[Walked]:
    """Those of which she has not spoken yet: a demo that was killed goes on after the last."""
    spoken = {Path(statement.audio).stem for statement in house.feedback.statements()}
    return [one for one in walks.said if digest_of_file(one.path) not in spoken]


def say(address: str, walks: Walks, these: Sequence[Walked]) -> Iterator[Answered]:
    """Send each, and correct the answer."""
    with _asking(address) as http:
        for one in these:
            answered = _identified(http, one, {"tour": walks.name, "at": one.at.isoformat()})
            word = {"request": answered.request, "species": one.calling, "said_by": GUIDE}
            http.post("/v1/feedback", json=word).raise_for_status()
            yield answered


def ask(address: str, these: Sequence[Walked]) -> Iterator[Answered]:
    """Send each to what is in production, whatever canary stands beside it, and ask that nothing is kept of it."""
    with _asking(address) as http:
        http.headers[TRACK_HEADER] = Track.PRODUCTION
        for one in these:
            yield _identified(http, one, {"keep": "false"})


def _asking(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, trust_env=False)


def _identified(http: httpx.Client, one: Walked, wishes: dict[str, str]) -> Answered:
    sent = http.post("/v1/identify", params=wishes, content=one.path.read_bytes())
    answer = sent.raise_for_status().json()
    confidence: dict[str, float] = {}
    for window in answer["windows"]:
        for code, probability in window["probabilities"].items():
            confidence[code] = max(probability, confidence.get(code, 0.0))
    heard = tuple(species["code"] for species in answer["species"])
    return Answered(one, answer["model"]["digest"], answer["request"], heard, confidence)
