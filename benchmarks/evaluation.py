"""How long judging takes: python -m benchmarks.evaluation [--quick]

A candidate and a champion on 10,000 windows of 1,000 recordings and 206 species, with 1,000 resamplings: every metric
overall and on five slices, all intervals, paired differences and gates. `evaluate_seconds` is meant to be below 30 on
two cores; `slice_seconds` is what each slice adds to judging the whole alone.

`shown_seconds` has every slice of the settings instead, with a slice for each of 12 months and 20 sites;
`short_seconds` has the five slices of 10,000 recordings of a window each, which share nothing. `--quick` leaves both
out.
"""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from benchmarks.report import in_turn, publish
from silencio.evaluation.evaluate import evaluate
from silencio.evaluation.truth import FACTS, Scores, Truth
from silencio.settings import Evaluation

WINDOWS, CLASSES, RECORDINGS, SITES, RESAMPLES = 10_000, 206, 1_000, 20, 1_000
SLICES = ("night", "low_snr", "insects", "overlaps", "birds")
OF_CLASS = {
    "birds": slice(0, 146),
    "frogs": slice(146, 180),
    "mammals": slice(180, 189),
    "insects": slice(189, 206),
}
"""Which species are which, as many as in BirdCLEF 2025."""


def compose(recordings: int, seed: int = 1) -> Truth:
    """A third silent, else up to three species, some of them a hundred times as common as others."""
    random = np.random.default_rng(seed)
    commonness = np.geomspace(1, 0.01, CLASSES)[random.permutation(CLASSES)]
    targets = np.zeros((WINDOWS, CLASSES), np.bool_)
    for window, callers in enumerate(random.choice([0, 1, 2, 3], WINDOWS, p=[0.33, 0.42, 0.17, 0.08])):
        targets[window, random.choice(CLASSES, callers, replace=False, p=commonness / commonness.sum())] = (
            True
        )
    recording = np.arange(WINDOWS) * recordings // WINDOWS
    began = random.integers(0, 365 * 24 * 60, recordings)
    snr = np.where(targets.any(axis=1), random.normal(8, 6, WINDOWS), np.nan)
    facts = pl.DataFrame(
        {
            "recording": [f"recording {number:05d}" for number in recording],
            "start": 5.0 * np.arange(WINDOWS),
            "recorded_at": [datetime(2025, 1, 1) + timedelta(minutes=int(began[r])) for r in recording],
            "snr_db": pl.Series(snr).fill_nan(None),
            "callers": targets.sum(axis=1),
            **{name: targets[:, which].sum(axis=1) for name, which in OF_CLASS.items()},
            "least_trained": random.integers(1, 200, WINDOWS),
            "new_recordist": recording % 3 == 0,
            "short": recording % 10 == 0,
            "site": [f"A{number % SITES:02d}" for number in recording],
        },
        schema_overrides=FACTS,
    )
    return Truth(
        tuple(f"species{number}" for number in range(CLASSES)), targets, facts.match_to_schema(FACTS)
    )


def answers(truth: Truth, seed: int) -> Scores:
    logits = np.random.default_rng(seed).normal(-4, 1.5, truth.targets.shape) + 4 * truth.targets
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def judging(truth: Truth, slices: tuple[str, ...], shown: tuple[str, ...] = ()) -> Callable[[], object]:
    settings = Evaluation(slices=slices, shown=shown, resamples=RESAMPLES)
    candidate, champion = (answers(truth, seed) for seed in (2, 3))
    return lambda: evaluate(truth, candidate, settings, champion, seed=4)


def main() -> None:
    quick = "--quick" in sys.argv
    truth, every = compose(RECORDINGS), Evaluation()
    contestants = {"overall alone": judging(truth, ()), "with five slices": judging(truth, SLICES)}
    if not quick:
        contestants["with every slice shown"] = judging(truth, every.slices, every.shown)
        contestants["10,000 short recordings"] = judging(compose(WINDOWS), SLICES)
    seconds = in_turn(contestants, 1 if quick else 3)
    whole = seconds["with five slices"]
    figures = {
        "evaluate_seconds": whole,
        "slice_seconds": (whole - seconds["overall alone"]) / len(SLICES),
    }
    if not quick:
        figures["shown_seconds"] = seconds["with every slice shown"]
        figures["short_seconds"] = seconds["10,000 short recordings"]
    publish("evaluation", figures, seconds, "s")


if __name__ == "__main__":
    main()
