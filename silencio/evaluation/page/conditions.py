"""How much is lost as recordings get worse: a small curve each, all on one scale."""

from silencio.data.report.drawing import plot
from silencio.data.report.markup import Section, figure, key
from silencio.evaluation.curves import Curve
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.page.plots import lines_over
from silencio.evaluation.page.slices import CANDIDATE, CHAMPION
from silencio.evaluation.wording import lost, number, signed


def conditions(result: EvaluationResult) -> Section | None:
    if not result.curves:
        return None
    compared = any(point.champion is not None for curve in result.curves for point in curve.points)
    windows = max(point.windows for curve in result.curves for point in curve.points)
    about = (
        f"Macro mAP on the same {windows} test windows, as they are and made harder one thing at a time. "
        "Bars are 95 % intervals over recordings."
    )
    body = f'<p class="soft">{about}</p>{key([CANDIDATE, CHAMPION] if compared else [CANDIDATE])}'
    body += f'<div class="multiples">{"".join(_curve(curve) for curve in result.curves)}</div>'
    return Section("conditions", "Harder conditions", body)


def _curve(curve: Curve) -> str:
    names = [point.name for point in curve.points]
    lines = [("candidate", [point.candidate for point in curve.points])]
    before = [point.champion for point in curve.points if point.champion is not None]
    if len(before) == len(curve.points):
        lines.insert(0, ("champion", before))
    alt = f"{curve.title}, {curve.unit}. " + " ".join(
        f"{point.name}: {number(point.candidate.value)}"
        + (f", champion {number(point.champion.value)}." if point.champion else ".")
        for point in curve.points
    )
    worst = lost(curve)
    said = f"{curve.unit}. " if curve.unit else ""
    said += f"At worst {signed(-worst[1])}." if worst else ""
    return figure(curve.title, plot([lines_over(names, lines)], alt), about=said)
