"""The champion's word on the candidate's own windows."""

import numpy as np

from silencio.data.windows.store import Windows, build_windows
from silencio.errors import SilencioError
from silencio.evaluation.judged import Judged
from silencio.evaluation.run import Champion
from silencio.evaluation.truth import Scores
from silencio.handover import Handover
from silencio.optimize.bundle import Bundle
from silencio.workspace import Workspace


def champion_of(bundle: Bundle, catalog: Handover, windows: Windows, workspace: Workspace) -> Champion:
    """Asked with the features that it was trained on, which may differ from the candidate's."""

    def scores(judged: Judged) -> Scores:
        own, theirs = windows.front_end, bundle.front_end
        if (own.window_seconds, own.hop_seconds) != (theirs.window_seconds, theirs.hop_seconds):
            raise SilencioError(
                f"The champion hears {theirs.window_seconds:g} s at a time, the candidate {own.window_seconds:g} s.",
                "Window by window they cannot be compared: retire the champion first, or keep its windows.",
            )
        store = (
            windows if own == theirs.anywhere() else Windows.open(build_windows(catalog, theirs, workspace))
        )
        said = bundle.model(threads=2).probabilities(store.features[judged.rows].astype(np.float32))
        columns = {species.code: i for i, species in enumerate(bundle.species)}
        aligned = np.zeros(
            judged.truth.targets.shape, np.float32
        )  # of a species it never met it says nothing
        for column, label in enumerate(judged.truth.labels):
            if label in columns:
                aligned[:, column] = said[:, columns[label]]
        return aligned

    return Champion(bundle.digest, scores)
