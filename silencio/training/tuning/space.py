"""What is searched: some keys of an experiment, and the values that each may take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import yaml
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from silencio.errors import WrongUse
from silencio.experiment import changed, in_yaml
from silencio.settings import Experiment, Range

ORIGIN = "tuning.space"
SEARCHED = ("model", "training", "audio", "data.secondary_weight")
WHERE_IT_RUNS = ("device", "threads", "workers", "sharding", "warm_start")


@dataclass(frozen=True)
class Space:
    experiment: Experiment
    distributions: Mapping[str, BaseDistribution]
    """By key. Choices are drawn by how they are written in YAML, for Optuna knows no lists."""

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """Raises on a key that is not to be searched, and on a value that the experiment refuses."""
        space = experiment.tuning.space
        if not space:
            raise WrongUse(
                f"{experiment.name} says nothing of what to search for.",
                "Name keys and their ranges in tuning.space: "
                "{training.learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}}.",
            )
        # From nothing, whatever the experiment does later: trials that began with different champions could not be
        # compared.
        experiment = changed(experiment, {"training.warm_start": False}, ORIGIN)
        for key, values in space.items():
            _refuse_what_is_not_searched(key)
            for value in _extremes(values):
                changed(experiment, {key: value}, ORIGIN)
        return cls(experiment, {key: _distribution(experiment, key, space[key]) for key in sorted(space)})

    def values(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """By key, what the experiment is to hold."""
        return {
            key: yaml.safe_load(drawn[key])
            if isinstance(distribution, CategoricalDistribution)
            else drawn[key]
            for key, distribution in self.distributions.items()
        }

    def own(self) -> dict[str, Any] | None:
        """What the experiment itself holds, as it would be drawn; None if it is outside of a range."""
        drawn = {}
        for key, distribution in self.distributions.items():
            value = _now(self.experiment, key)
            drawn[key] = in_yaml(value) if isinstance(distribution, CategoricalDistribution) else value
            if isinstance(distribution, CategoricalDistribution):
                inside = drawn[key] in distribution.choices
            else:
                low, high = self.experiment.tuning.space[key].low, self.experiment.tuning.space[key].high
                inside = isinstance(value, int | float) and low is not None and high is not None
                inside = inside and low <= value <= high
            if not inside:
                return None
        return drawn

    def with_values(self, drawn: Mapping[str, Any]) -> Experiment:
        """Raises where each value by itself is right, and all of them together are not."""
        return changed(self.experiment, self.values(drawn), ORIGIN)

    def fixed(self) -> dict[str, Any]:
        """What shapes a trial and is not searched, by key."""
        content = self.experiment.model_dump(
            mode="json", include={"seed", "model", "training", "audio", "data"}
        )
        content["data"] = {"secondary_weight": content["data"]["secondary_weight"]}
        return {key: value for key, value in _leaves(content) if not self._searches(key)}

    def _searches(self, key: str) -> bool:
        return any(key == searched or key.startswith(f"{searched}.") for searched in self.distributions)

    def hears_anew(self) -> bool:
        """Whether trials differ in the windows that they see."""
        return any(key.partition(".")[0] == "audio" for key in self.distributions)


def _refuse_what_is_not_searched(key: str) -> None:
    if not any(key == section or key.startswith(f"{section}.") for section in SEARCHED):
        raise WrongUse(
            f"tuning.space names {key}, which no trial may choose.",
            f"Search in {', '.join(SEARCHED)}: the rest says what is judged, or how.",
        )
    if key in {f"training.{name}" for name in WHERE_IT_RUNS}:
        raise WrongUse(
            f"tuning.space names {key}, which says where a training runs or begins, not what it learns.",
            "Take it out.",
        )


def _extremes(values: Range) -> tuple[Any, ...]:
    return values.choices or (values.low, values.high)


def _distribution(experiment: Experiment, key: str, values: Range) -> BaseDistribution:
    if values.choices:
        return CategoricalDistribution([in_yaml(choice) for choice in values.choices])
    low, high = values.low, values.high
    assert low is not None
    assert high is not None
    whole = isinstance(low, int) and isinstance(high, int) and not isinstance(_now(experiment, key), float)
    if whole:
        return IntDistribution(int(low), int(high), log=values.log)
    return FloatDistribution(low, high, log=values.log)


def _now(experiment: Experiment, key: str) -> Any:
    """The experiment's own value."""
    place: Any = experiment.model_dump(mode="json")
    for name in key.split("."):
        place = place[int(name)] if isinstance(place, list) else place.get(name)
    return place


def _leaves(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
