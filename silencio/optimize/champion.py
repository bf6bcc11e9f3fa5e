"""The champion's word on the candidate's own windows."""

import numpy as np
from numpy.typing import NDArray

from silencio.data.windows.store import Windows, build_windows
from silencio.errors import SilencioError
from silencio.evaluation.contestant import Contestant
from silencio.evaluation.thresholds import Threshold
from silencio.evaluation.truth import Scores
from silencio.handover import Handover
from silencio.optimize.bundle import Bundle
from silencio.workspace import Workspace

NEVER = 1.5
"""No probability reaches it: the threshold of a species that a champion never met."""


def champion_of(bundle: Bundle, catalog: Handover, windows: Windows, workspace: Workspace) -> Contestant:
    """Asked with the features that it was trained on, which may differ from the candidate's."""
    own, theirs = windows.front_end, bundle.front_end
    if (own.window_seconds, own.hop_seconds) != (theirs.window_seconds, theirs.hop_seconds):
        raise SilencioError(
            f"The champion hears {theirs.window_seconds:g} s at a time, the candidate {own.window_seconds:g} s.",
            "Window by window they cannot be compared: retire the champion first, or keep its windows.",
        )
    store = windows if own == theirs.anywhere() else Windows.open(build_windows(catalog, theirs, workspace))
    model, labels = bundle.model(threads=2), [species.code for species in windows.species]
    columns = {species.code: i for i, species in enumerate(bundle.species)}
    known = [i for i, label in enumerate(labels) if label in columns]
    theirs_of_known = [columns[labels[i]] for i in known]

    def hears(windows: NDArray[np.floating]) -> Scores:
        said = np.zeros((len(windows), len(labels)), np.float32)  # of a species it never met it says nothing
        said[:, known] = model.probabilities(windows)[:, theirs_of_known]
        return said

    limits = [float(bundle.thresholds[columns[label]]) if label in columns else NEVER for label in labels]
    thresholds = tuple(Threshold(label, limit) for label, limit in zip(labels, limits, strict=True))
    return Contestant(bundle.digest, store, hears, thresholds, theirs)
