"""What the test part tells of a model's behaviour: which species it reports, how often, and how often for nothing."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from silencio.evaluation.metrics import Floats, macro
from silencio.evaluation.question import Ground, Question
from silencio.evaluation.resampling import Resampling, ratio
from silencio.evaluation.said import Said
from silencio.settings import Evaluation


def about_reports(ground: Ground, settings: Evaluation, seed: int) -> Iterator[Question]:
    asked, targets = settings.behaviour, ground.truth.targets
    drawn = Resampling.of(ground.truth.facts["recording"].to_list(), settings.resamples, seed)
    empty = ground.timed & (ground.truth.facts.select(pl.col("callers") == 0).to_series().to_numpy())
    windows = len(targets)

    def coverage(said: Said) -> Floats:
        calling = drawn.sums(targets) > 0
        reported = drawn.sums(said.reports) > 0
        return ratio((calling & reported).sum(axis=1), calling.sum(axis=1))

    def label_frequency(said: Said) -> Floats:
        reported = drawn.sums(said.reports)
        share = ratio(reported, reported.sum(axis=1, keepdims=True))
        taught = ratio(ground.taught, ground.taught.sum())
        return np.asarray(np.abs(share - taught).sum(axis=1) / 2)

    def false_alarms(said: Said) -> Floats:
        alarms = (said.reports & empty[:, None]).sum(axis=1)
        return ratio(drawn.sums(alarms), drawn.sums(empty) * ground.hours)

    def false_positives(said: Said) -> Floats:
        wrong = ratio(drawn.sums(said.reports & ~targets), drawn.sums(~targets))
        return ratio(macro(wrong), np.full(1, settings.false_positive_rate))

    yield Question(
        "coverage",
        "Species reported",
        "The share of the species that call in the test part that is reported there at least once.",
        windows,
        asked.coverage,
        True,
        coverage,
    )
    yield Question(
        "label_frequency",
        "As often as trained on",
        "How far the shares of species among reports are from those among training labels, from 0 to 1.",
        windows,
        asked.label_frequency,
        False,
        label_frequency,
    )
    yield Question(
        "false_alarms_per_hour",
        "False alarms per hour",
        "Reports in an hour of windows in which nothing calls, of recordings whose labels say when.",
        int(empty.sum()),
        asked.false_alarms_per_hour,
        False,
        false_alarms,
    )
    yield Question(
        "false_positives",
        "False positives",
        f"How many times as often as the {settings.false_positive_rate:g} that thresholds are set for a species is "
        "reported where it is absent, the mean over species.",
        windows,
        asked.false_positives,
        False,
        false_positives,
    )
