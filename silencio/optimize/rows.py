"""The table of a search: a row a variant, what it costs, what it hears, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import isfinite, nan
from pathlib import Path
from typing import Any, Self

from silencio.evaluation.gates import GateResult
from silencio.evaluation.searched import Search, Tried
from silencio.evaluation.slices import OVERALL, title_of
from silencio.settings.judging import Engine

TABLE = "variants.json"
LOST = "mAP lost against fp32"
"""The gate's name."""


class Outcome(StrEnum):
    CHOSEN = "chosen"
    NOT_ASKED = "passes"
    """On the slices; something cheaper was chosen before the whole exam came to it."""
    REFUSED = "refused"
    ONLY_MEASURED = "only measured"
    """What serves does not run it."""
    LEFT_OUT = "left out"
    """It cannot be made or run here."""


@dataclass(frozen=True)
class VariantRow:
    """Figures are NaN where nothing was measured."""

    variant: Engine
    engine: str
    precision: str
    outcome: Outcome
    reason: str
    """Of the outcome, for people; empty where it needs none."""
    size_mb: float = nan
    latency_ms: float = nan
    """Median for one window, one thread."""
    latency_p95_ms: float = nan
    windows_per_second: float = nan
    """Batches of 16, two threads."""
    memory_mb: float = nan
    map: float = nan
    gates: tuple[GateResult, ...] = ()
    """The evaluation's own, and the budgets against full precision."""

    @property
    def map_loss(self) -> float:
        """Against full precision, on all windows; NaN for full precision itself."""
        return next((g.value for g in self.gates if (g.name, g.slice) == (LOST, OVERALL)), nan)

    @property
    def worst_loss(self) -> tuple[str, float]:
        """The slice that loses most against full precision, by its title, and how much; NaN where none is measured."""
        lost = [(title_of(g.slice), g.value) for g in self.gates if g.name == LOST and g.slice != OVERALL]
        return max(lost, key=lambda found: found[1], default=("", nan))

    def figures(self) -> dict[str, float]:
        """Those that are numbers, by name."""
        names = (
            "size_mb",
            "latency_ms",
            "latency_p95_ms",
            "windows_per_second",
            "memory_mb",
            "map",
            "map_loss",
        )
        values = {name: getattr(self, name) for name in names} | {"worst_slice_loss": self.worst_loss[1]}
        return {name: value for name, value in values.items() if isfinite(value)}

    def told(self) -> Tried:
        worst_slice, worst_loss = self.worst_loss
        return Tried(
            self.variant,
            f"{self.engine}, {self.precision}",
            self.outcome.value,
            self.reason,
            self.size_mb,
            self.latency_ms,
            self.latency_p95_ms,
            self.windows_per_second,
            self.memory_mb,
            self.map,
            self.map_loss,
            worst_slice,
            worst_loss,
        )

    def to_json(self) -> dict[str, Any]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        worst_slice, worst_loss = self.worst_loss
        values |= {"map_loss": self.map_loss, "worst_slice": worst_slice, "worst_slice_loss": worst_loss}
        values["gates"] = [gate.to_json() for gate in self.gates]
        return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        known: dict[str, Any] = {field.name: values[field.name] for field in fields(cls)}
        known = {name: nan if value is None else value for name, value in known.items()}
        known["gates"] = tuple(GateResult.from_json(gate) for gate in values["gates"])
        known["outcome"] = Outcome(values["outcome"])
        return cls(**known)


@dataclass(frozen=True)
class Table:
    """All that a search found, and where: on other hardware other variants are fast."""

    rows: tuple[VariantRow, ...]
    chosen_because: str
    machine: Mapping[str, Any]

    def write(self, folder: Path) -> None:
        content = asdict(self) | {"rows": [row.to_json() for row in self.rows]}
        (folder / TABLE).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        content = json.loads((folder / TABLE).read_text("utf-8"))
        return cls(**content | {"rows": tuple(VariantRow.from_json(row) for row in content["rows"])})

    def told(self) -> Search:
        """As a report tells it."""
        return Search(
            tuple(row.told() for row in self.rows),
            self.chosen_because,
            f"{self.machine['processor']}, {self.machine['cores']} cores",
        )

    @property
    def chosen(self) -> VariantRow:
        return next(row for row in self.rows if row.outcome is Outcome.CHOSEN)


def cells(rows: Sequence[VariantRow]) -> tuple[list[str], list[list[str]]]:
    """The table as people read it: heads, and a list of texts a row."""
    heads = [
        "variant",
        "runs on",
        "MB",
        "ms",
        "ms p95",
        "windows/s",
        "memory MB",
        "mAP",
        "lost",
        "lost most on",
    ]
    return [*heads, "outcome", "why"], [_cells(row) for row in rows]


def _cells(row: VariantRow) -> list[str]:
    worst_slice, worst_loss = row.worst_loss
    worst = f"{worst_slice} {_said(worst_loss, 3)}" if isfinite(worst_loss) else ""
    return [
        row.variant,
        f"{row.engine}, {row.precision}",
        _said(row.size_mb, 1),
        _said(row.latency_ms, 1),
        _said(row.latency_p95_ms, 1),
        _said(row.windows_per_second, 0),
        _said(row.memory_mb, 0),
        _said(row.map, 3),
        _said(row.map_loss, 3),
        worst,
        row.outcome.value,
        row.reason,
    ]


def _said(value: float, digits: int) -> str:
    """Empty where nothing was measured; what rounds to nothing has no sign."""
    if not isfinite(value):
        return ""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "\N{MINUS SIGN}")
