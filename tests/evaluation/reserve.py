"""A small truth with all that slices ask for, and scores that are wrong where a test wants them to be."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.evaluation.truth import FACTS, Scores, Truth

INSECTS = 3
"""The last so many classes."""


def compose_truth(windows: int = 300, classes: int = 12, per_recording: int = 6, seed: int = 3) -> Truth:
    random = np.random.default_rng(seed)
    callers = random.choice([0, 1, 2, 3], size=windows, p=[0.25, 0.45, 0.2, 0.1])
    targets = np.zeros((windows, classes), dtype=np.bool_)
    for window, count in enumerate(callers):
        targets[window, random.choice(classes, size=min(count, classes), replace=False)] = True
    recording = np.arange(windows) // per_recording
    hours = random.integers(0, 24, size=recording[-1] + 1)
    start = 5.0 * (np.arange(windows) % per_recording)
    facts = pl.DataFrame(
        {
            "recording": [f"soundscape-{r:03d}" for r in recording],
            "start": start,
            "recorded_at": [
                datetime(2024, 3, 1) + timedelta(days=int(r), hours=int(hours[r]), seconds=s)
                for r, s in zip(recording, start, strict=True)
            ],
            "snr_db": [
                float(s) if c else None for s, c in zip(random.normal(8, 6, windows), callers, strict=True)
            ],
            "callers": targets.sum(axis=1),
            "birds": targets[:, :-INSECTS].sum(axis=1),
            "frogs": 0,
            "mammals": 0,
            "insects": targets[:, -INSECTS:].sum(axis=1),
        },
        schema_overrides=FACTS,
    ).match_to_schema(FACTS, missing_columns="insert")
    return Truth(tuple(f"species{k:02d}" for k in range(classes)), targets, facts)


def compose_scores(
    truth: Truth, skill: float = 2.0, seed: int = 5, worse_in: NDArray[np.bool_] | None = None
) -> Scores:
    """The truth below noise; in the windows of `worse_in` it is half as loud."""
    random = np.random.default_rng(seed)
    logits = random.normal(-3.0, 1.5, truth.targets.shape)
    signal = np.where(truth.targets, skill * 2.0, 0.0)
    if worse_in is not None:
        signal[worse_in] /= 2
    return (1 / (1 + np.exp(-(logits + signal)))).astype(np.float32)
