"""What a second model gained through the drifted microphone, on recordings that nobody learned from.

Both services were asked, each while it was in production; what they said is kept by the bundle that said it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.demo.guide import Walked, Walks, ask
from silencio.errors import SilencioError
from silencio.evaluation.answers import Answers
from silencio.evaluation.bootstrap import Estimate, estimate
from silencio.evaluation.sample import Sample
from silencio.evaluation.slices import OVERALL, named
from silencio.evaluation.truth import FACTS, Scores, Truth
from silencio.optimize.bundle import Bundle
from silencio.progress import Progress, Tell
from silencio.settings.judging import Metric
from silencio.steps.house import House

METRICS: tuple[Metric, ...] = ("map", "accuracy")
"""Over the species, and of the surest species of each recording."""

Said = dict[str, dict[str, float]]
"""Of each recording, by its name, how sure a service was of each species, by code."""


@dataclass(frozen=True)
class Gain:
    metric: Metric
    before: Estimate
    after: Estimate
    difference: Estimate
    """Paired over recordings, 95 %."""
    recordings: int


def heard_by(house: House, walks: Walks, bundle: Bundle, address: str, tell: Tell) -> Said:
    """What the service at this address, which serves `bundle`, says; asked once."""
    path = _kept(house, walks, bundle)
    if not path.exists():
        said: Said = {}
        for answered in ask(address, walks.asked):
            if answered.model != bundle.digest:
                raise SilencioError(
                    f"{address} answered with bundle {answered.model[:12]}, and {bundle.digest[:12]} is in production.",
                    "Somebody promoted another one meanwhile: start the demo again, and it goes on.",
                )
            said[answered.walked.recording.identifier] = answered.confidence
            tell(Progress(len(said), len(walks.asked), "recordings asked about"))
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(said))
        partial.replace(path)
    return said_before(house, walks, bundle) or {}


def said_before(house: House, walks: Walks, bundle: Bundle) -> Said | None:
    """None if nobody asked while it served."""
    path = _kept(house, walks, bundle)
    return json.loads(path.read_text()) if path.exists() else None


def gains(
    asked: Sequence[Walked], labels: Sequence[str], before: Said, after: Said, resamples: int, seed: int
) -> list[Gain]:
    """`labels` are the species that both models know."""
    names = [one.recording.identifier for one in asked]
    targets = np.array([[code in one.calling for code in labels] for one in asked])
    recordings = pl.DataFrame({"recording": names}, schema={"recording": FACTS["recording"]})
    facts = pl.concat([FACTS.to_frame(), recordings], how="diagonal")
    sample = Sample.of(Truth(tuple(labels), targets, facts), named(OVERALL), resamples, seed)
    ours, theirs = (
        sample.draw(Answers.at(_scores(said, names, labels)), METRICS, 1).values for said in (after, before)
    )
    return [
        Gain(
            metric,
            estimate(theirs[metric][0], theirs[metric][1:]),
            estimate(ours[metric][0], ours[metric][1:]),
            estimate(ours[metric][0] - theirs[metric][0], ours[metric][1:] - theirs[metric][1:]),
            len(names),
        )
        for metric in METRICS
    ]


def _scores(said: Said, names: Sequence[str], labels: Sequence[str]) -> Scores:
    """[recordings, species]"""
    return np.array([[said[name][code] for code in labels] for name in names], np.float32)


def _kept(house: House, walks: Walks, bundle: Bundle) -> Path:
    return house.workspace / "reports/demo" / f"{walks.name}-heard-by-{bundle.digest[:16]}.json"
