"""What a model must do whatever it was trained on, each thing against its bar."""

from html import escape
from math import isfinite

from silencio.data.report.markup import Section, key
from silencio.data.report.words import rounded
from silencio.evaluation.evaluate import EvaluationResult
from silencio.evaluation.page.plots import against
from silencio.evaluation.page.slices import CANDIDATE, CHAMPION
from silencio.evaluation.question import Behaviour
from silencio.evaluation.wording import MARKS, NOTHING, met


def behaviour(result: EvaluationResult) -> Section | None:
    if not result.behaviour:
        return None
    compared = any(one.champion is not None for one in result.behaviour)
    keys = [CANDIDATE, *([CHAMPION] if compared else []), ("allowed", "where it may lie")]
    rows = "".join(_row(one) for one in result.behaviour)
    return Section("behaviour", "Behaviour", f'{key(keys)}<ul class="behaviours">{rows}</ul>')


def _row(one: Behaviour) -> str:
    verdict = met(one)
    word = "at least" if one.at_least else "at most"
    bar = "no bar" if one.bar is None else f"{word} {rounded(one.bar)}"
    said = NOTHING if not isfinite(one.value.value) else rounded(one.value.value)
    pill = "" if verdict is None else f'<span class="pill {verdict.value}">{MARKS[verdict]}</span>'
    alt = f"{one.title}: {said}, {bar}"
    if one.value.has_interval:
        alt += f", interval {rounded(one.value.low)} to {rounded(one.value.high)}"
    if one.champion is not None:
        before = one.champion.value
        alt += f", champion {rounded(before) if isfinite(before) else NOTHING}"
    return (
        f'<li><div class="asked"><b>{escape(one.title)}</b><p class="soft">{escape(one.about)}</p></div>'
        f'<div class="measured" role="img" aria-label="{escape(alt)}">'
        f"{against(one.value, one.champion, one.bar, one.at_least)}</div>"
        f'<div class="said"><b>{said}</b> <small>{bar}, {one.windows} windows</small> {pill}</div></li>'
    )
