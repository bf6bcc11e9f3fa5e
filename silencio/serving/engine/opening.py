"""A bundle as a version that can answer: loaded, warm, and seen to give probabilities."""

import numpy as np

from silencio.audio import Features
from silencio.errors import SilencioError
from silencio.optimize.bundle import Bundle
from silencio.serving.engine.heard import Served
from silencio.serving.triton.client import TritonModel


def open_served(
    bundle: Bundle, threads: int, version: str | None = None, triton: str | None = None
) -> Served:
    """The first runs allocate and compile: nobody's request should wait for that. `triton` is the address of a
    server that runs the model; without one, this process does.

    Raises if the bundle is none that can be served here.
    """
    model = TritonModel(triton, bundle) if triton else bundle.model(threads)
    served = Served(bundle, Features(bundle.front_end), model, version)
    # Silence shows whether the front end can be computed at all, and whether the model takes what it gives.
    silence = np.zeros((1, bundle.front_end.window_samples), np.float32)
    pictures = served.features(silence)
    model.warm(pictures)
    heard = model.probabilities(pictures)
    if heard.shape != (1, len(bundle.species)) or len(bundle.thresholds) != len(bundle.species):
        raise SilencioError(
            f"The model of {bundle.folder} gives {heard.shape[-1]} probabilities for a window, and its labels.csv "
            f"has {len(bundle.species)} species.",
            "Optimize again: the files of this bundle are not of one model.",
        )
    if not np.isfinite(heard).all():
        raise SilencioError(
            f"The model of {bundle.folder} gives no numbers for silence.", "Train and optimize it again."
        )
    return served
