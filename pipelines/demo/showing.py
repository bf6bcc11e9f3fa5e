"""What the demo prints of recordings and figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from pipelines.demo.gained import Gain
from pipelines.demo.guide import Answered
from silencio.evaluation.wording import METRIC_TITLES, interval, number, signed

SHOWN = 4
"""Of her recordings: as many as show that the service is sure of wrong things."""


def what_was_heard(answers: Mapping[str, Mapping[str, Any]]) -> Table:
    """A line a recording, by its name: how long it is, and the species that the service heard in it."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for column in ("recording", "seconds", "heard"):
        table.add_column(column, justify="right" if column == "seconds" else "left", overflow="fold")
    for name, answer in answers.items():
        heard = ", ".join(f"{s['common_name']} {s['confidence']:.0%}" for s in answer["species"])
        table.add_row(name, f"{answer['seconds']:.1f}", heard or "nothing that it is sure of")
    return table


def what_she_says(answers: Sequence[Answered], names: Mapping[str, str]) -> Table:
    """Of her first recordings, what the service heard and what she says called. `names` are those of species."""
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for column in ("recorded", "heard", "she says"):
        table.add_column(column, overflow="fold")
    for one in answers[:SHOWN]:
        heard = ", ".join(names[code] for code in one.heard)
        calling = ", ".join(names[code] for code in one.walked.calling)
        table.add_row(f"{one.walked.at:%d %b %H:%M}", heard or "nothing that it is sure of", calling)
    return table


def gain_lines(gains: Sequence[Gain]) -> list[tuple[str, str, str, str, str]]:
    """Figure, before, after, difference, its interval."""
    return [
        (
            METRIC_TITLES[one.metric],
            number(one.before.value),
            number(one.after.value),
            signed(one.difference.value),
            interval(one.difference.low, one.difference.high, sign=True),
        )
        for one in gains
    ]
