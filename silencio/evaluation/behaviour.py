"""What a model must do whatever it was trained on: keep to its answer, be silent where nothing calls, miss no species.

measured = measure_behaviour(ground, candidate, champion, settings, seed)
gates = behaviour_gates(measured)
"""

from collections.abc import Sequence
from math import isfinite

from silencio.evaluation.gates import GateResult
from silencio.evaluation.question import Behaviour, Ground
from silencio.evaluation.reporting import about_reports
from silencio.evaluation.said import Said
from silencio.evaluation.slices import OVERALL
from silencio.evaluation.steadiness import about_trials
from silencio.settings import Evaluation


def measure_behaviour(
    ground: Ground, candidate: Said, champion: Said | None, settings: Evaluation, seed: int
) -> tuple[Behaviour, ...]:
    """Without trials, only what the test part itself tells."""
    tried = about_trials(ground.trials, settings, seed) if ground.trials else ()
    questions = (*tried, *about_reports(ground, settings, seed))
    return tuple(question.put(candidate, champion) for question in questions)


def behaviour_gates(measured: Sequence[Behaviour]) -> tuple[GateResult, ...]:
    """One for each that has a bar. What could not be measured is inconclusive."""
    return tuple(_gate(one, one.bar) for one in measured if one.bar is not None)


def _gate(one: Behaviour, bar: float) -> GateResult:
    value = one.value
    if not isfinite(value.value):
        reason = f"Nothing to measure it on. {one.about}"
        return GateResult.inconclusive(one.name, OVERALL, bar, reason)
    judge = GateResult.at_least if one.at_least else GateResult.at_most
    return judge(one.name, OVERALL, value.value, bar, low=value.low, high=value.high)
