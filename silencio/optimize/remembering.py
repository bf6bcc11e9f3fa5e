"""A contestant that others are compared with, one after the other: it need not hear everything anew for each."""

from dataclasses import dataclass, field
from typing import Self

from silencio.evaluation.contestant import Contestant
from silencio.evaluation.judged import Judged
from silencio.evaluation.truth import Scores


@dataclass(frozen=True)
class Remembering(Contestant):
    _said: list[tuple[Judged, Scores]] = field(default_factory=list)

    @classmethod
    def of(cls, contestant: Contestant) -> Self:
        return cls(contestant.digest, contestant.windows, contestant.hears, contestant.thresholds)

    def scores(self, judged: Judged) -> Scores:
        for asked, said in self._said:
            if asked is judged:
                return said
        said = super().scores(judged)
        self._said.append((judged, said))
        return said
