"""The experiment file, which says everything that shapes a result, and the site, which says where it runs.

site = Site()      # from SILENCIO_… in the environment, else a laptop's defaults

An experiment is read by `silencio.experiment`.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Decibels = Annotated[float, Field(ge=-20, le=50)]


class Section(BaseModel):
    """One part of the experiment file. Frozen, and every unknown key is refused."""

    # Neither is infinity a setting: frontend.json could not hold it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Reserve(Section):
    """The size and the nature of the built-in reserve; `seed` composes another one of the same kind."""

    seed: int = 1
    species: Annotated[int, Field(ge=4, le=206)] = 12
    recordings_per_species: Annotated[int, Field(ge=2)] = 20
    recordists: Annotated[int, Field(ge=4)] = 8
    soundscapes: Annotated[int, Field(ge=4)] = 8
    sites: Annotated[int, Field(ge=2)] = 4
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
    group_by: Literal["recordist", "source", "session"] = "recordist"
    """`source` is the recording that a clip was cut from, `session` a recordist's day."""
    validation: Share = 0.15
    test: Share = 0.2
    folds: Annotated[int, Field(ge=3)] = 5
    fold: Count = 1
    """The fold that is tested, from 1 on; the one after it validates."""
    held_out: str | None = None
    """With `leave_one_out`: the group that is tested."""
    newer: Share = 0.3
    """With `time`: the share of recordings, the newest, that is tested."""
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
    """Take in soundscapes that nobody labelled: neither trained nor judged on, but heard."""
    reserve: Reserve = Reserve()
    frogid: FrogId = FrogId()
    split: Split = Split()
    quarantine_share: Share = 0.2
    """More unusable recordings than this are no accident: the delivery is broken, not a few of its files."""
    secondary_weight: Share = 0.3

    @model_validator(mode="after")
    def _a_source_has_its_path(self) -> Self:
        if self.source != "reserve" and self.path is None:
            raise ValueError(f"source {self.source} needs data.path, the folder that holds it")
        return self


class FrontEnd(Section):
    """From samples to what a model sees; travels inside the bundle, so that serving computes what training saw."""

    features: Literal["log_mel", "mfcc", "image"] = "log_mel"
    sample_rate: Count = 32_000
    window_seconds: Annotated[float, Field(gt=0)] = 5.0
    hop_seconds: Annotated[float, Field(gt=0)] = 5.0
    cutting: Literal["sliding", "whole"] = "sliding"
    """`whole`: one window a recording, from its start, padded or cut."""
    n_fft: Annotated[int, Field(ge=2, multiple_of=2)] = 1024  # even: else a frame has no middle
    hop_length: Count = 320
    n_mels: Count = 128
    fmin: Annotated[float, Field(ge=0)] = 50.0
    fmax: Annotated[float, Field(gt=0)] = 16_000.0
    top_db: Annotated[float, Field(gt=0)] = 80.0
    """The quietest is raised to so many dB under the loudest of its window."""
    normalize: Literal["standard", "unit", "none"] = "standard"
    """`standard`: mean 0 and deviation 1, of the picture or of each coefficient; `unit`: top_db onto 0 … 1."""
    n_mfcc: Count = 20
    aggregate: Literal["none", "mean", "mean_std"] = "none"
    """Of MFCC over time."""
    padded_frames: Count | None = None
    """MFCC of every window are cut or padded with zeros to so many frames; else to those of a window."""
    image_size: Count = 224

    @property
    def window_samples(self) -> int:
        return round(self.window_seconds * self.sample_rate)

    @property
    def hop_samples(self) -> int:
        return round(self.hop_seconds * self.sample_rate)

    @property
    def frames(self) -> int:
        return 1 + self.window_samples // self.hop_length

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one window: [mels, frames], [coefficients, frames], [coefficients] or [3, size, size]."""
        if self.features == "image":
            return 3, self.image_size, self.image_size
        if self.features == "log_mel":
            return self.n_mels, self.frames
        if self.aggregate == "none":
            return self.n_mfcc, self.padded_frames or self.frames
        return (self.n_mfcc * (2 if self.aggregate == "mean_std" else 1),)

    @model_validator(mode="after")
    def _within_nyquist(self) -> Self:
        if not self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(f"fmin < fmax <= sample_rate / 2 = {self.sample_rate / 2:g} must hold")
        return self

    @model_validator(mode="after")
    def _windows_leave_no_gap(self) -> Self:
        if not 1 <= self.hop_samples <= self.window_samples:
            raise ValueError("hop_seconds must be at least a sample and at most window_seconds")
        return self

    @model_validator(mode="after")
    def _options_belong_to_their_features(self) -> Self:
        if self.features != "mfcc" and (self.aggregate != "none" or self.padded_frames):
            raise ValueError("aggregate and padded_frames are of mfcc")
        if self.features == "mfcc" and self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc is at most n_mels = {self.n_mels}")
        if self.features == "mfcc" and self.normalize == "unit":
            raise ValueError("normalize unit is of pictures: for mfcc it is standard or none")
        if self.aggregate != "none" and self.normalize != "none":
            raise ValueError("normalize takes away what aggregate is to tell: set it to none")
        return self


class Model(Section):
    architecture: str = "mobilenetv2"
    dropout: Share = 0.2


class Training(Section):
    epochs: Count = 18
    batch_size: Count = 16
    optimizer: Literal["AdamW", "SGD"] = "SGD"
    learning_rate: Annotated[float, Field(gt=0)] = 0.2
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    mixup: Annotated[float, Field(ge=0)] = 0.0
    time_mask: Share = 0.15
    frequency_mask: Share = 0.15
    threads: Count = 2


class GateRule(Section):
    """A bar for one figure on one slice: absolute (`at_least`), or relative to the champion (`at_most_below`)."""

    metric: Literal["map", "roc_auc"] = "map"
    slice: str = "overall"
    at_least: float | None = None
    at_most_below: Annotated[float, Field(ge=0)] | None = None

    @property
    def name(self) -> str:
        against = "absolute" if self.at_least is not None else "against champion"
        return f"{self.metric} {against}"

    @model_validator(mode="after")
    def _one_bar(self) -> Self:
        if (self.at_least is None) == (self.at_most_below is None):
            raise ValueError("a gate has either at_least or at_most_below")
        return self


class Evaluation(Section):
    slices: tuple[Literal["night", "low_snr", "insects", "overlaps"], ...] = (
        "night",
        "low_snr",
        "insects",
        "overlaps",
    )
    gates: tuple[GateRule, ...] = (
        GateRule(metric="map", slice="overall", at_least=0.5),
        GateRule(metric="map", slice="overall", at_most_below=0.02),
    )
    resamples: Count = 200
    minimum_windows: Count = 20
    false_positive_rate: Share = 0.01


class Optimize(Section):
    variants: tuple[Literal["fp32", "inc_static", "ort_static"], ...] = ("fp32", "inc_static", "ort_static")
    calibration_windows: Count = 128
    map_loss: Share = 0.02
    slice_loss: Share = 0.05
    size_mb: Annotated[float, Field(gt=0)] = 25.0


class Serving(Section):
    """Limits on what anyone may upload; they hold while it is decoded."""

    max_bytes: Count = 32 * 2**20
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    max_decoded_bytes: Count = 512 * 2**20
    threads: Count = 1


class Release(Section):
    canary_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    requests: Annotated[int, Field(ge=10)] = 60
    max_error_rate: Share = 0.01
    max_p95_ms: Annotated[float, Field(gt=0)] = 300.0
    min_agreement: Share = 0.6


class Experiment(Section):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    seed: int = 7
    data: Data = Data()
    audio: FrontEnd = FrontEnd()
    model: Model = Model()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    optimize: Optimize = Optimize()
    serving: Serving = Serving()
    release: Release = Release()

    def to_yaml(self) -> str:
        """Every value, also the defaults; `read_experiment` of it gives an equal experiment."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)


class Site(BaseSettings):
    """Where things run and lie. Nothing here changes a result."""

    model_config = SettingsConfigDict(env_prefix="SILENCIO_", extra="forbid", frozen=True)

    workspace: str = "workspace"
    mlflow_uri: str | None = None
    """MLflow's tracking server; a SQLite file in the workspace if none is named."""
    image: str | None = None
    """The image that the pipeline's steps run in on a cluster."""
    ray_address: str | None = None
    """The Ray cluster that features may be computed on; this machine if none is named."""
    stop_after_idle: Annotated[float, Field(ge=0)] = 1800.0
    """Services that are started here stop by themselves when nobody asked them for so many seconds; 0: never."""
