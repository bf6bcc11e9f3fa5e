"""What a model is held to, as it was trained and as it is made small."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from silencio.settings.section import Count, Section, Share


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
