"""What several people's words on one recording come to.

Each person is believed as far as the settings say: the probability that a word is right. Where two agree, both
would have to be wrong; where one contradicts, either is.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from silencio.data.feedback.records import NOBODY, Kept, Statement
from silencio.settings import Trust

EVEN = 1e-9
"""Of a belief, from a half: closer is as likely as not."""


@dataclass(frozen=True)
class Judged:
    """One recording, by all that people say about it."""

    present: Mapping[str, float]
    """How far each species that calls is believed, or `NOBODY`: from a half to 1, the most believed first."""
    absent: Mapping[str, float]
    """How far it is believed that each of these does not call, the surest first."""
    open: tuple[str, ...]
    """As likely as not, or answered by the service and never spoken of."""
    disputed: tuple[str, ...]
    """Species, or `NOBODY`, on which people contradict each other."""
    people: tuple[str, ...]
    """Who spoke; first those who named what is most believed."""


def judge(kept: Kept, statements: Sequence[Statement], trust: Trust) -> Judged:
    """`statements` are all on the recording of `kept`. A word on a stretch tells what calls, never what does not."""
    answered = [code for code, _ in kept.species]
    votes: dict[str, dict[str, bool]] = defaultdict(dict)
    named = {s.species for s in statements if s.present or s.start is None}.union(answered)
    for person, said in by_person(statements).items():
        for code in named:
            if (vote := _vote(code, said)) is not None:
                votes[code][person] = vote
    beliefs = {code: _belief(votes[code], trust) for code in votes}
    order = sorted(beliefs, key=lambda code: (-beliefs[code], code))
    present = {code: beliefs[code] for code in order if beliefs[code] > 0.5 + EVEN}
    denied = [code for code in reversed(order) if beliefs[code] < 0.5 - EVEN and code != NOBODY]
    absent = {code: 1 - beliefs[code] for code in denied}
    settled = {*present, *absent, NOBODY}
    first = votes[next(iter(present))] if present else {}
    people = sorted(by_person(statements), key=lambda person: (not first.get(person, False), person))
    return Judged(
        present=present,
        absent=absent,
        open=tuple(sorted({*answered, *beliefs} - settled)),
        disputed=tuple(code for code in order if len(set(votes[code].values())) == 2),
        people=tuple(people),
    )


def by_person(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    people: dict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        people[statement.said_by].append(statement)
    return people


def _vote(code: str, said: Sequence[Statement]) -> bool | None:
    """Whether one person says that a species calls; None of whoever does not speak of it. Who names all that call
    denies the others, and who names any denies that nobody calls."""
    if any(s.species == code and s.present for s in said):
        return True
    whole = [s for s in said if s.start is None]
    if any(s.species == code or s.complete for s in whole):
        return False
    return False if code == NOBODY and any(s.present for s in said) else None


def _belief(votes: Mapping[str, bool], trust: Trust) -> float:
    """That it is so: nothing known before, and everyone right or wrong by themselves."""
    odds = 0.0
    for person, yes in votes.items():
        right = trust.guides.get(person, trust.default)
        odds += (1 if yes else -1) * math.log(right / (1 - right))
    return 1 / (1 + math.exp(-odds))
