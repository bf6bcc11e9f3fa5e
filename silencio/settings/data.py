"""Which recordings, and who of them is trained on."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from silencio.settings.section import Count, Decibels, Section, Share


class Reserve(Section):
    """The size and the nature of the built-in reserve; `seed` composes another one of the same kind."""

    seed: int = 1
    species: Annotated[int, Field(ge=4, le=206)] = 12
    recordings_per_species: Annotated[int, Field(ge=2)] = 20
    recordists: Annotated[int, Field(ge=4)] = 8
    soundscapes: Annotated[int, Field(ge=4)] = 8
    sites: Annotated[int, Field(ge=2)] = 4
    unlabelled: Annotated[int, Field(ge=0)] = 0
    """More soundscapes of the same sites, of which nobody says what calls in them; data.unlabelled takes them in."""
    snr_db: tuple[Decibels, Decibels] = (4.0, 28.0)
    """From the faintest to the nearest call that a recordist brings home."""
    soundscape_snr_db: tuple[Decibels, Decibels] = (-2.0, 26.0)
    """The same of the calls that are labelled in soundscapes."""
    overlap: Share = 0.3
    """Of recordings, in which a second species calls into the first one's call."""
    night: Share = 0.5
    """Of recordings and soundscapes, made at night."""
    rain: Share = 0.1
    """Of recordings and soundscapes, made while it rains."""
    streams: Share = 0.2
    """Of places, within earshot of a stream."""
    colour: Annotated[float, Field(ge=0, le=3)] = 1.0
    """How much the microphones differ: 0 not at all, 1 as they do in the field."""
    drift: Annotated[float, Field(ge=0, le=4)] = 0.3
    """Semitones a year that a species' dialect drifts by, at most."""

    @model_validator(mode="after")
    def _faintest_first(self) -> Self:
        for name in ("snr_db", "soundscape_snr_db"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name} goes from the faintest to the nearest: [{high:g}, {low:g}]")
        return self


class Split(Section):
    """Who is trained on and who judges. Whole groups are dealt, so that no part has heard another's recordist."""

    method: Literal["shares", "folds", "given", "leave_one_out", "time"] = "shares"
    """`folds` deals them here, `given` takes them from the data; `time` judges on what is newer."""
    group_by: Literal["recordist", "source", "session", "recording"] = "recordist"
    """`source` is the recording that a clip was cut from, `session` a recordist's day; `recording`: each clip is dealt
    by itself, and what judges has heard who made it."""
    validation: Share = 0.15
    """0: nobody validates, and a training ends with its last epoch's weights. Of folds, one validates or none."""
    thresholds: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """The share of the validating groups that chooses no epoch: thresholds are set on them, and nothing else is. 0, or
    one validating group alone: thresholds are set on what chose the epoch."""
    test: Share = 0.2
    folds: Annotated[int, Field(ge=3)] = 5
    fold: Count = 1
    """The fold that is tested, from 1 on; the one after it validates, unless validation is 0."""
    held_out: str | None = None
    """With `leave_one_out`: the group that is tested."""
    newer: Share = 0.3
    """The share of recordings, the newest, that training.era knows as newer; that is tested, with `time`."""
    near_duplicates: Literal["join", "refuse", "report"] = "join"
    """What recordings that sound the same do to their groups: dealt as one, an error across parts, or a table."""

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together leave nothing to train on")
        if self.method == "folds" and self.fold > self.folds:
            raise ValueError(f"fold {self.fold} is not one of {self.folds}")
        if self.method == "leave_one_out" and not self.held_out:
            raise ValueError("leave_one_out needs held_out, the name of a group")
        return self


class FrogId(Section):
    """Which frogs are told apart, and how many recordings of each are taken."""

    targets: tuple[str, ...] = ()
    """Scientific names, classes 0, 1, …; every other species is the class after the last."""
    per_class: Count = 500
    workers: Count = 5
    """Downloads at a time."""


Belief = Annotated[float, Field(gt=0.5, lt=1)]


class Trust(Section):
    """How far those are believed who say what calls in a recording that the service heard. What one says weighs as
    much in training; what two agree on weighs more, what a lone voice contradicts less."""

    default: Belief = 0.8
    """How likely the word of a guide is right. A choice: whoever knows better says so for each, below."""
    guides: dict[str, Belief] = {}
    """Of those who are known, by the name that they speak under."""
    model: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """What the service's own sure answers in the passive log weigh; 0: they are no labels."""
    sure: Share = 0.9
    """From which probability on an answer is sure."""


class Data(Section):
    source: Literal[
        "reserve",
        "birdclef2025",
        "birdclef2021",
        "cornell2020",
        "frogid",
        "digits",
        "folders",
        "soundscapes",
    ] = "reserve"
    path: Path | None = None
    """The folder that holds it, from where the command runs or else from the workspace."""
    pattern: str | None = None
    """What a file name tells from its beginning on: a regular expression with groups named label, fold, source,
    recordist or time."""
    unlabelled: bool = False
    """Take in soundscapes that nobody labelled: never judged on, and trained on as training.self_training says."""
    reserve: Reserve = Reserve()
    frogid: FrogId = FrogId()
    split: Split = Split()
    trust: Trust = Trust()
    quarantine_share: Share = 0.2
    """More unusable recordings than this are no accident: the delivery is broken, not a few of its files."""
    secondary_weight: Share = 0.3

    @model_validator(mode="after")
    def _a_source_has_its_path(self) -> Self:
        if self.source != "reserve" and self.path is None:
            raise ValueError(f"source {self.source} needs data.path, the folder that holds it")
        return self
