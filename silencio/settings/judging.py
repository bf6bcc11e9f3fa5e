"""What a model is held to, as it was trained and as it is made small."""

import difflib
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from silencio.settings.section import Count, Section, Share

Metric = Literal["map", "padded_map", "roc_auc", "micro_f1", "top_k", "accuracy", "calibration_error"]
"""All but the last: the more the better."""

SLICES = (
    "night",
    "day",
    "low_snr",
    "middle_snr",
    "high_snr",
    "birds",
    "frogs",
    "mammals",
    "insects",
    "insect_dominant",
    "overlaps",
    "rare",
    "unseen_recordist",
    "short",
)
FAMILIES = ("month", "site")
"""A slice for each month and for each site that judges."""


def _known(name: str) -> str:
    for part in name.split("+"):
        if part not in ("overall", *SLICES):
            near = difflib.get_close_matches(part, SLICES, n=1)
            meant = f", did you mean {near[0]}?" if near else "."
            raise ValueError(f"there is no slice {part!r}{meant} The slices are {', '.join(SLICES)}")
    return name


def _known_or_family(name: str) -> str:
    return name if name in FAMILIES else _known(name)


SliceName = Annotated[str, AfterValidator(_known)]
"""One slice, or several of which a window is in all: night+insects."""
Shown = Annotated[str, AfterValidator(_known_or_family)]


class GateRule(Section):
    """A bar for one figure on one slice: absolute, or relative to the champion (`at_most_below`)."""

    metric: Metric = "map"
    slice: SliceName = "overall"
    at_least: float | None = None
    at_most: float | None = None
    at_most_below: Annotated[float, Field(ge=0)] | None = None
    """Worse than the champion by no more than this."""

    @property
    def name(self) -> str:
        against = "absolute" if self.at_most_below is None else "against champion"
        return f"{self.metric} {against}"

    @property
    def bar(self) -> float:
        return next(bar for bar in (self.at_least, self.at_most, self.at_most_below) if bar is not None)

    @model_validator(mode="after")
    def _one_bar(self) -> Self:
        if [self.at_least, self.at_most, self.at_most_below].count(None) != 2:
            raise ValueError("a gate has one of at_least, at_most and at_most_below")
        return self


class Trials(Section):
    """Test windows made harder, one thing at a time: at each step a figure, together a curve."""

    windows: Annotated[int, Field(ge=0)] = 64
    """With calls in them, drawn from the test part; 0: no trials."""
    overlaid_db: tuple[float, ...] = (-10, 0, 10)
    """How much louder than the window is that of another species, laid over it."""
    weakened_db: tuple[float, ...] = (10, 20, 30)
    """How much fainter everything gets, while what the recorder adds stays as loud as the quietest moment was."""
    noises: tuple[Literal["wind", "rain", "chainsaw", "speech"], ...] = ("wind", "rain", "chainsaw", "speech")
    snr_db: tuple[float, ...] = (20, 10, 0, -10)
    """Of the window over each noise."""
    clipped: tuple[Share, ...] = (0.01, 0.1, 0.3)
    """The share of samples beyond what the microphone can take."""
    band_hz: tuple[Annotated[float, Field(gt=0)], ...] = (8_000, 4_000, 2_000)
    """Of microphones that hear nothing above."""
    codecs: tuple[Literal["vorbis", "opus", "mp3", "mp3_low"], ...] = ("vorbis", "opus", "mp3", "mp3_low")


class Behaviour(Section):
    """What a model must do whatever it was trained on. Without a bar, it is measured and shown, and no gate."""

    same_answer: Share | None = 0.5
    """Of what is reported before or after, at least this share is reported both times when gain, place in time or
    coding change; each of them is held to it."""
    after_silence: Share | None = None
    """The same, where half a second of silence comes first."""
    monotonic: Share | None = 0.05
    """At most so much mAP is lost where a call gets clearer."""
    silence: Share | None = 0.1
    """At most this share of silent windows is given a species."""
    noise: Share | None = 0.2
    """At most this share of windows of mere noise is given a species."""
    coverage: Share | None = None
    """At least this share of the species that call is reported at least once."""
    label_frequency: Share | None = None
    """At most so far is how often species are reported from how often they are trained on: total variation."""
    false_alarms_per_hour: Annotated[float, Field(ge=0)] | None = None
    """At most, in windows in which nothing calls."""
    false_positives: Annotated[float, Field(ge=1)] | None = 5.0
    """At most so many times false_positive_rate, measured where thresholds were not set."""


class Quality(Section):
    """Of the data that judge."""

    leaks: Annotated[int, Field(ge=0)] | None = 0
    """At most so many test recordings that were trained on too, or that sound like one that was."""
    quarantined: Share | None = 0.2
    """At most this share of recordings could not be used."""
    judged_species: Share | None = None
    """At least this share of species calls somewhere in the test part."""
    newest_days: Annotated[float, Field(ge=0)] | None = None
    """Freshness: at most so many days lie between the newest recording that was trained on and the newest there is."""


class Evaluation(Section):
    slices: tuple[SliceName, ...] = ("night", "low_snr", "insects", "overlaps")
    """In none of them may mAP be significantly worse than the champion's."""
    shown: tuple[Shown, ...] = (
        "day",
        "middle_snr",
        "high_snr",
        "birds",
        "frogs",
        "mammals",
        "insect_dominant",
        "rare",
        "unseen_recordist",
        "short",
        "month",
        "site",
    )
    """Measured and reported besides, where there are such windows; no gates."""
    gates: tuple[GateRule, ...] = (
        GateRule(metric="map", slice="overall", at_least=0.5),
        GateRule(metric="map", slice="overall", at_most_below=0.02),
    )
    resamples: Count = 1000
    minimum_windows: Count = 20
    top_k: Count = 5
    rare_recordings: Count = 10
    """A species is rare that fewer recordings were trained on."""
    trials: Trials = Trials()
    behaviour: Behaviour = Behaviour()
    quality: Quality = Quality()
    false_positive_rate: Share = 0.01
    """What thresholds are set for."""
    shrink: Annotated[float, Field(ge=0)] = 5.0
    """Calls of a species for which its own threshold and the mean of its class weigh the same."""
    rounds: Annotated[int, Field(ge=0)] = 0
    """So many more trainings, each from another seed, where the gates say no."""


Engine = Literal[
    "fp32",
    "inc_static",
    "inc_static_qdq",
    "inc_tuned",
    "inc_dynamic",
    "ort_static",
    "openvino_fp32",
    "openvino_bf16",
    "openvino_int8",
    "torchscript",
    "cuda",
    "tensorrt",
]
"""What makes a variant: Neural Compressor (inc), ONNX Runtime (fp32, ort, cuda, tensorrt), OpenVINO or torch."""


class Optimize(Section):
    variants: tuple[Engine, ...] = get_args(Engine)
    """Those that cannot run here are left out, and named."""
    calibration_windows: Count = 128
    map_loss: Share = 0.005
    slice_loss: Share = 0.02
    size_mb: Annotated[float, Field(gt=0)] = 25.0
    windows_per_second: Annotated[float, Field(gt=0)] | None = None
    """At least, at batch 16 on this machine; none: it is measured and no gate."""
