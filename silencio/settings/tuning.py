"""What may be searched for, and how long."""

from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from silencio.settings.section import Count, Section


class Range(Section):
    """The values that one setting may take: `choices`, or from `low` to `high`.

    Whole numbers are drawn if both are whole, and the experiment's own value is not a fraction.
    """

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    """As many trials below the middle of the range's logarithm as above."""
    choices: tuple[JsonValue, ...] = ()
    """Lists, sections and null too."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.choices) == 1:
            raise ValueError("one choice is none: write it where the setting is")
        if bool(self.choices) == (self.low is not None or self.high is not None):
            raise ValueError("a range has either choices, or low and high")
        if not self.choices:
            if self.low is None or self.high is None or not self.low < self.high:
                raise ValueError(f"low < high must hold: low is {self.low}, high is {self.high}")
            if self.log and self.low <= 0:
                raise ValueError(f"a logarithmic range begins above 0, not at {self.low:g}")
        elif self.log:
            raise ValueError("log is of low and high")
        return self


class Tuning(Section):
    """Chosen on the validation part alone: what judges is never heard."""

    space: dict[str, Range] = {}
    """By the experiment's own keys: {training.learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}}. Keys are those
    of model, training and audio, and data.secondary_weight."""
    trials: Count = 20
    """In all: a study that has some already goes on to so many."""
    startup_trials: Count = 5
    """Drawn at random and never cut short, before the search begins to learn from them."""
    minimum_epochs: Count = 3
    """No trial is cut short before."""
    timeout_minutes: Annotated[float, Field(gt=0)] | None = None
    """No trial begins later."""
