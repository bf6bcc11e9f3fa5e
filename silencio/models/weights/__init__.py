"""Weights that somebody trained, as what a training begins with.

    file = bring(experiment.model, Sources(workspace / "models" / "published"))
    model = build(experiment.model, experiment.audio.shape, classes)
    if file:
        begin_with(model, file, experiment.model, experiment.audio)

A checkpoint holds all its weights: whoever loads one needs none of this.
"""

from silencio.models.weights.bring import Sources, bring
from silencio.models.weights.fit import Fitted, begin_with

__all__ = ["Fitted", "Sources", "begin_with", "bring"]
