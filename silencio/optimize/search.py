"""Try the variants of a model side by side, and choose the cheapest that passes every gate.

The full-precision model takes part: keeping it is a legal outcome, and so is choosing none. All are judged on the
slices; then, from the cheapest on, those that pass sit the whole exam, until one passes that as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import nan
from pathlib import Path

import numpy as np

from silencio.data.windows.store import Windows
from silencio.errors import GateRefused
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.exam import Exam
from silencio.evaluation.gates import GateResult, Verdict, decision
from silencio.identity import digest_of, digest_of_file, machine
from silencio.optimize.choose import because, cheapest_first
from silencio.optimize.engines.model import BATCH
from silencio.optimize.makers.material import Maker, Material
from silencio.optimize.making import MAKERS, make_all, that_run
from silencio.optimize.measure import measure
from silencio.optimize.recipes import RECIPES
from silencio.optimize.remembering import Remembering
from silencio.optimize.rows import Outcome, Table, VariantRow
from silencio.optimize.tried import Tried
from silencio.progress import Progress, Tell, nobody
from silencio.settings.judging import Engine

FULL: Engine = "fp32"
Rows = dict[Engine, VariantRow]


@dataclass(frozen=True)
class Chosen:
    tried: Tried
    result: EvaluationResult
    table: Table

    @property
    def row(self) -> VariantRow:
        return self.table.chosen


@dataclass(frozen=True)
class Search:
    exam: Exam
    windows: Windows
    material: Material
    champion: Contestant | None
    folder: Path
    """What was made and measured is kept here, for whoever goes on after a kill."""
    carried_mb: float = 0.0
    """What every bundle holds beside the model."""
    tell: Tell = nobody
    makers: Mapping[str, Maker] = field(default_factory=lambda: MAKERS)

    def run(self) -> Chosen:
        """Raises if no variant passes."""
        names = self.exam.experiment.optimize.variants
        batch = self.windows.features[self.exam.judged.rows[:BATCH]].astype(np.float32)
        made, left_out = make_all(names, self.material, self.folder, self.tell, self.makers)
        files, broken = that_run(made, batch)
        tried = self._measured(files, batch)
        full = Remembering.of(self._contestant(FULL, self.material.exported))
        champion = Remembering.of(self.champion) if self.champion else None
        rows = {name: _row_of_missing(name, why) for name, why in (left_out | broken).items()}
        for number, one in enumerate(tried):
            self.tell(Progress(number, len(tried), f"variants judged on the slices, now {one.name}"))
            rows[one.name] = self._on_slices(one, full, champion)
        rows = {name: rows[name] for name in names}
        return self._examine(rows, {one.name: one for one in tried}, full, champion)

    def _measured(self, files: Mapping[Engine, Path], batch: np.ndarray) -> list[Tried]:
        costs = measure(files, batch, self.folder, self.tell)
        return [
            Tried(
                name,
                path,
                self.carried_mb + path.stat().st_size / 2**20,
                costs[name],
                self._contestant(name, path),
            )
            for name, path in files.items()
        ]

    def _contestant(self, name: Engine, path: Path) -> Contestant:
        """With one thread, as it will serve."""
        digest = digest_of({"variant": name, "file": digest_of_file(path)})
        return Remembering(digest, self.windows, RECIPES[name].open(path, 1).probabilities)

    def _on_slices(self, one: Tried, full: Contestant, champion: Contestant | None) -> VariantRow:
        result, gates = one.sit(self.exam, _other(one, full), champion, trials=False)
        heard = result.figure().candidate.value if result else nan
        if decision(gates) is not Verdict.PASS:
            return one.row(Outcome.REFUSED, refusal(gates), gates, heard)
        if one.recipe.never:
            return one.row(Outcome.ONLY_MEASURED, one.recipe.never, gates, heard)
        return one.row(Outcome.NOT_ASKED, "It passes on the slices; a cheaper one was chosen.", gates, heard)

    def _examine(
        self, rows: Rows, tried: Mapping[Engine, Tried], full: Contestant, champion: Contestant | None
    ) -> Chosen:
        """`rows`: as judged on the slices."""
        waiting = list(cheapest_first([row for row in rows.values() if row.outcome is Outcome.NOT_ASKED]))
        for number, row in enumerate(waiting):
            one = tried[row.variant]
            self.tell(Progress(number, len(waiting), f"variants examined wholly, now {one.name}"))
            result, gates = one.sit(self.exam, _other(one, full), champion, trials=True)
            if result is None or decision(gates) is not Verdict.PASS:
                rows[one.name] = one.row(Outcome.REFUSED, refusal(gates), gates, row.map)
                continue
            rows[one.name] = one.row(Outcome.CHOSEN, "The cheapest that passes every gate.", gates, row.map)
            return Chosen(one, result, _table(rows, rows[one.name]))
        said = " ".join(f"{row.variant}: {row.reason}" for row in rows.values())
        raise GateRefused(f"No variant passes every gate. {said}", "See the report's slices.")


def refusal(gates: Iterable[GateResult]) -> str:
    return " ".join(f"{g.name} on {g.slice}: {g.reason}" for g in gates if g.verdict is not Verdict.PASS)


def _other(one: Tried, full: Contestant) -> Contestant | None:
    """Full precision loses nothing against itself."""
    return None if one.name == FULL else full


def _row_of_missing(name: Engine, why: str) -> VariantRow:
    recipe = RECIPES[name]
    return VariantRow(name, recipe.engine, recipe.precision, Outcome.LEFT_OUT, why)


def _table(rows: Rows, chosen: VariantRow) -> Table:
    """Refused ones that would have been cheaper are named, in that order."""
    servable = [
        row for row in rows.values() if row.outcome is Outcome.REFUSED and not RECIPES[row.variant].never
    ]
    order = list(cheapest_first([*servable, chosen]))
    cheaper = order[: order.index(chosen)]
    return Table(tuple(rows.values()), because(chosen, cheaper, rows.get(FULL)), machine())
