"""Whether a probability means what it says: of what is given 0.7, seven in ten should be there."""

from itertools import pairwise
from math import log1p

from silencio.data.report.drawing import plot, svg
from silencio.data.report.markup import Section, figure, side_by_side
from silencio.data.report.words import count
from silencio.evaluation.calibration import Bin
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.page.plots import UNIT
from silencio.evaluation.wording import number

HEIGHT = 220


def calibration(result: EvaluationResult) -> Section | None:
    bins = list(result.reliability)
    if not bins:
        return None
    error = next((f for f in result.figures if (f.slice, f.metric) == ("overall", "calibration_error")), None)
    said = (
        f" The mean distance from it, the calibration error, is {number(error.candidate.value)}."
        if error
        else ""
    )
    about = f"On the line, probabilities mean what they say; below it, the model is too sure.{said}"
    alt = "How often the likeliest species calls, by the probability that it was given. " + " ".join(
        f"{number(one.confidence)}: {number(one.right)}, {one.windows} times." for one in bins
    )
    drawn = figure("Said and found", plot([_diagram(bins), UNIT.scale], alt), about=about)
    counted = figure(
        "How often each was said",
        plot(
            [_counts(bins), UNIT.scale],
            "In how many windows each probability was said, on a logarithmic scale.",
        ),
        about=f"{count(sum(one.windows for one in bins))} windows, each by its likeliest species. "
        "Heights are logarithms: the tallest is far more than twice the one half as tall.",
    )
    return Section("calibration", "Calibration", side_by_side([drawn, counted]))


def _diagram(bins: list[Bin]) -> str:
    def up(value: float) -> str:
        return f"{100 * (1 - UNIT.share(value)):.2f}%"

    parts = [f'<line class="grid" x1="0" x2="100%" y1="{up(t)}" y2="{up(t)}"/>' for t in UNIT.ticks]
    parts += [f'<text class="at" x="2" y="{up(t)}" dy="-3">{UNIT.tick_label(t)}</text>' for t in UNIT.ticks]
    parts.append('<line class="zero" x1="0" y1="100%" x2="100%" y2="0"/>')
    for one, after in pairwise(bins):
        ends = (
            f'x1="{UNIT.place(one.confidence)}" y1="{up(one.right)}" '
            f'x2="{UNIT.place(after.confidence)}" y2="{up(after.right)}"'
        )
        parts.append(f'<line class="run candidate" {ends}/>')
    for one in bins:
        place = f'cx="{UNIT.place(one.confidence)}" cy="{up(one.right)}"'
        parts.append(f'<circle class="dot candidate" {place} r="4"/>')
    return svg(parts, HEIGHT, "lines")


def _counts(bins: list[Bin]) -> str:
    most = max(log1p(one.windows) for one in bins)
    parts = []
    for one in bins:
        tall = HEIGHT * log1p(one.windows) / most
        parts.append(
            f'<rect class="value" x="{UNIT.place(one.low)}" width="{100 * (one.high - one.low) * 0.92:.2f}%" '
            f'y="{HEIGHT - tall:.1f}" height="{tall:.1f}"><title>{count(one.windows)}</title></rect>'
        )
    return svg(parts, HEIGHT, "lines")
