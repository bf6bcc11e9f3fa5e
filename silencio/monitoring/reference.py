"""What the champion knew when it was made, against which what is heard now is held: `monitoring.json`.

Of the colour of recordings it tells what all of the catalog's recordings tell; of calls, confidence, species
and wrong answers, what those tell that the model never learnt from.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from silencio.errors import SilencioError
from silencio.monitoring import measures
from silencio.monitoring.heard import Observed
from silencio.monitoring.learning import fit
from silencio.monitoring.normal import Normal
from silencio.monitoring.spectrum import BANDS, CALL_BANDS, edges
from silencio.settings import FrontEnd

FILE = "monitoring.json"
BINS = 10
"""Of the histogram of confidences."""


class Reference(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    bands: tuple[tuple[int, int], ...]
    call_bands: tuple[tuple[int, int], ...]
    """From where to where each band reaches, Hz: those of the recorders' colours, and those of calls."""
    species: tuple[str, ...]
    """Whose frequency is watched, the most frequent first; the others count together."""
    input: Normal | None
    calls: Normal | None
    confidence: Normal | None
    labels: Normal | None
    """None each: there was too little to know what is usual."""
    wrong: int
    judged: int
    """Recordings that the model never learnt from, and of how many of them the surest species does not call."""
    confidences: tuple[float, ...]
    """The share of them in each tenth of the confidence of the surest species."""
    frequencies: Mapping[str, float]
    """The share of them in which each species is over its threshold, by code."""

    def write(self, folder: Path) -> Path:
        path = folder / FILE
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True) + "\n")
        return partial.replace(path)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None where there is none, as in bundles of before."""
        path = folder / FILE
        if not path.exists():
            return None
        try:
            return cls.model_validate_json(path.read_text())
        except ValidationError as error:
            raise SilencioError(
                f"{path} is no reference: {error.errors()[0]['msg']}.",
                "Delete it, and it is made again from the workspace.",
            ) from error


def reference_of(learnt: Sequence[Observed], held_out: Sequence[Observed], front_end: FrontEnd) -> Reference:
    """`learnt` are the catalog's recordings with their bands; `held_out` those among them that judge, with what the
    model said of them and whether its surest species is right."""
    frequencies = frequencies_of(held_out)
    watched = tuple(sorted(frequencies, key=lambda code: (-frequencies[code], code))[: measures.MOST_SPECIES])
    judged = [o.right for o in held_out if o.right is not None]
    return Reference(
        bands=edges(front_end, BANDS),
        call_bands=edges(front_end, CALL_BANDS),
        species=watched,
        input=fit(measures.of_input(learnt)),
        calls=fit(measures.of_calls(held_out)),
        confidence=fit(measures.of_confidence(held_out)),
        labels=fit(measures.of_labels(held_out, watched)),
        wrong=judged.count(False),
        judged=len(judged),
        confidences=histogram(held_out),
        frequencies=frequencies,
    )


def histogram(observed: Sequence[Observed]) -> tuple[float, ...]:
    """The share of recordings in each tenth of confidence; all 0 where the model was asked about none."""
    known = [o.confidence for o in observed if o.confidence is not None]
    counts = [0] * BINS
    for confidence in known:
        counts[min(int(confidence * BINS), BINS - 1)] += 1
    return tuple(round(n / max(len(known), 1), 6) for n in counts)


def frequencies_of(observed: Sequence[Observed]) -> dict[str, float]:
    """The share of recordings in which each species is over its threshold; species that never are, are missing."""
    asked = [o for o in observed if o.confidences is not None]
    counts: dict[str, int] = {}
    for one in asked:
        for code in one.over:
            counts[code] = counts.get(code, 0) + 1
    return {code: round(n / len(asked), 6) for code, n in sorted(counts.items())}
