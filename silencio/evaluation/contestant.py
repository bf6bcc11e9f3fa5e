"""A model under judgement, whatever it is made of: a checkpoint, a variant of it, the bundle that serves now."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from silencio.data.windows.store import Windows
from silencio.evaluation.judged import Judged
from silencio.evaluation.thresholds import Threshold
from silencio.evaluation.trials.trials import Trials
from silencio.evaluation.truth import Scores
from silencio.settings import FrontEnd

Hears = Callable[[NDArray[np.floating]], Scores]
"""Windows, [windows, *shape], to probabilities, [windows, classes], columns in the order of the judged species."""
AT_A_TIME = 256


@dataclass(frozen=True)
class Contestant:
    digest: str
    """Of the checkpoint or the bundle."""
    windows: Windows
    """The recordings that judge, as its own front end hears them, row for row as the others' are."""
    hears: Hears
    thresholds: tuple[Threshold, ...] | None = None
    """That it serves with; None: they are set where it is judged."""
    front_end: FrontEnd | None = None
    """How it hears, with where its embedding model lies here; None: as its windows say."""

    def scores(self, judged: Judged) -> Scores:
        """[windows, classes], as the truth of `judged`."""
        features, rows = self.windows.features, judged.rows
        said = [self.hears(features[rows[i : i + AT_A_TIME]]) for i in range(0, len(rows), AT_A_TIME)]
        return np.concatenate(said) if said else np.zeros(judged.truth.targets.shape, np.float32)

    def tried(self, trials: Trials) -> Scores:
        """[trials, classes], of pictures that its own front end made."""
        pictures = trials.pictures
        said = [self.hears(pictures[i : i + AT_A_TIME]) for i in range(0, len(pictures), AT_A_TIME)]
        return np.concatenate(said)
