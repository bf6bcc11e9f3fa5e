"""The experiment file, which says everything that shapes a result, and the site, which says where it runs.

experiment = load_experiment("demo")           # a preset, or the path of a YAML file
site = Site()                                  # from SILENCIO_… in the environment, else a laptop's defaults
"""

import difflib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from silencio.errors import WrongUse

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """One part of the experiment file. Frozen, and every unknown key is refused."""

    # Neither is infinity a setting: frontend.json could not hold it.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Reserve(Section):
    """The size of the built-in reserve; `seed` composes another one of the same kind."""

    seed: int = 1
    species: Annotated[int, Field(ge=4, le=206)] = 12
    recordings_per_species: Annotated[int, Field(ge=2)] = 20
    recordists: Annotated[int, Field(ge=4)] = 8
    soundscapes: Annotated[int, Field(ge=4)] = 8
    sites: Annotated[int, Field(ge=2)] = 4


class Data(Section):
    source: Literal["reserve", "birdclef2025"] = "reserve"
    path: Path | None = None
    reserve: Reserve = Reserve()
    validation: Share = 0.15
    test: Share = 0.2
    secondary_weight: Share = 0.3

    @model_validator(mode="after")
    def _a_source_has_its_path(self) -> Self:
        if self.source != "reserve" and self.path is None:
            raise ValueError(f"source {self.source} needs data.path, the folder that holds train.csv")
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together leave nothing to train on")
        return self


class FrontEnd(Section):
    """From samples to log-mel; travels inside the bundle, so that serving computes what training saw."""

    sample_rate: Count = 32_000
    window_seconds: Annotated[float, Field(gt=0)] = 5.0
    hop_seconds: Annotated[float, Field(gt=0)] = 5.0
    n_fft: Annotated[int, Field(ge=2, multiple_of=2)] = 1024  # even: else a frame has no middle
    hop_length: Count = 320
    n_mels: Count = 128
    fmin: Annotated[float, Field(ge=0)] = 50.0
    fmax: Annotated[float, Field(gt=0)] = 16_000.0
    top_db: Annotated[float, Field(gt=0)] = 80.0

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
    def shape(self) -> tuple[int, int]:
        """[mel bands, frames] of one window."""
        return self.n_mels, self.frames

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
    stop_after_idle: Annotated[float, Field(ge=0)] = 1800.0
    """Services that are started here stop by themselves when nobody asked them for so many seconds; 0: never."""


def presets() -> list[str]:
    folder = files("silencio.presets")
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_experiment(name_or_path: str) -> Experiment:
    """A preset by its name, or an experiment file by its path."""
    if name_or_path in presets():
        return read_experiment((files("silencio.presets") / f"{name_or_path}.yaml").read_text(), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise WrongUse(
            f"{name_or_path} is neither a preset nor a file.",
            f"The presets are {', '.join(presets())}; an experiment file is YAML.",
        )
    return read_experiment(path.read_bytes(), name_or_path)


def read_experiment(text: str | bytes, source: str = "the experiment") -> Experiment:
    """`source` is what an error calls the text."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WrongUse(f"{source} is not YAML: {error}.", "Mend it there.") from error
    if not isinstance(content, dict):
        raise WrongUse(f"{source} holds no keys.", "It needs at least `name:`.")
    try:
        return Experiment.model_validate(content)
    except ValidationError as error:
        raise WrongUse(f"{source}: {'; '.join(_explain(error))}.", "Mend it and run again.") from error


def _explain(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), _known_keys(problem["loc"][:-1]), n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            yield f"{key} is not a key{hint}"
        else:
            yield f"{key} is {problem.get('input')!r}: {problem['msg'].removeprefix('Value error, ')}"


def _known_keys(location: tuple[Any, ...]) -> list[str]:
    """The keys of the section at a location in the file, e.g. ("data", "reserve")."""
    section: type[BaseModel] = Experiment
    for part in location:
        if isinstance(part, int):
            continue
        annotation = section.model_fields[part].annotation
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        section = inner
    return list(section.model_fields)
