"""What trials tell of a model's behaviour: whether it keeps to its answer, and whether it hears what is not there."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from silencio.evaluation.curves import AS_THEY_ARE, MODES, NOISES, along
from silencio.evaluation.metrics import Floats
from silencio.evaluation.question import Measure, Question
from silencio.evaluation.resampling import Resampling, ratio
from silencio.evaluation.said import Said
from silencio.evaluation.trials.trials import CLEAN, CODEC, GAIN, LEADING, NOISE, SHIFT, SILENCE, Trials
from silencio.settings import Evaluation

HARSH = ("vorbis", "mp3_low")
"""Codecs at their lowest quality, which takes away what a species is told by: they have their curve, and to keep to
one's answer is asked of the others."""
UNKNOWN = np.full(1, np.nan)
"""[1 + 0]: a figure that does not exist."""
CHANGES = {
    GAIN: ("gain", "the recording is 20 or 6 dB quieter, or 6 dB louder"),
    SHIFT: (
        "place in time",
        "the window begins a quarter or half a second elsewhere and the same species call",
    ),
    CODEC: ("coding", "the recording went through a lossy file"),
    LEADING: ("leading silence", "half a second of silence comes first and the same species call"),
}


def about_trials(trials: Trials, settings: Evaluation, seed: int) -> Iterator[Question]:
    asked, resamples = settings.behaviour, settings.resamples
    table = trials.table.with_row_index("row")
    for mode, (name, when) in CHANGES.items():
        pairs = _pairs(table, mode)
        # No codec, no question; where all windows changed their species, one that stays open.
        if mode != CODEC or set(settings.trials.codecs) - set(HARSH):
            yield Question(
                f"same_answer_{mode}",
                f"Same answer: {name}",
                f"Of what is reported before or after, the share that is reported both times, where {when}; "
                "the level at which it is least.",
                len(pairs),
                asked.after_silence if mode == LEADING else asked.same_answer,
                True,
                _same_answer(pairs, resamples, seed),
            )
    if settings.trials.noises and settings.trials.snr_db:
        yield Question(
            "monotonic",
            "Clearer is not worse",
            "The most mAP that is lost by one step to a better signal-to-noise ratio, over any noise.",
            len(table.filter(pl.col("mode").is_in((CLEAN, *NOISES)))),
            asked.monotonic,
            False,
            _largest_fall,
        )
    for mode, title, what, bar in (
        (SILENCE, "Silence", "silence, digital and as faint as 16 bits can hold", asked.silence),
        (NOISE, "Mere noise", "noise without a call", asked.noise),
    ):
        rows = table.filter(mode=mode)
        yield Question(
            mode,
            title,
            f"The share of windows of {what}, in which a species is reported.",
            len(rows),
            bar,
            False,
            _share_with_report(rows, resamples, seed),
        )


def _pairs(table: pl.DataFrame, mode: str) -> pl.DataFrame:
    """Of each changed window: row, row_clean and recording. Where other species call now, the answer may change."""
    changed = table.filter((pl.col("mode") == mode) & ~pl.col("name").is_in(HARSH))
    clean = table.filter(mode=CLEAN).select("window", "row", "labels")
    pairs = changed.join(clean, on="window", suffix="_clean", maintain_order="left")
    return pairs.filter(pl.col("labels").list.sort() == pl.col("labels_clean").list.sort())


def _same_answer(pairs: pl.DataFrame, resamples: int, seed: int) -> Measure:
    """A report weighs the same wherever it is made. Where neither answer names a species nothing was kept to, so that
    a model cannot pass by reporting nothing. Of the level that does worst as windows were drawn, also its replicates.
    """
    levels = [rows for _, rows in pairs.group_by("level", "name", maintain_order=True)]
    drawn = [Resampling.of(rows["recording"].to_list(), resamples, seed) for rows in levels]

    def measure(said: Said) -> Floats:
        reports, shares = said.reports_tried, []
        for rows, resampled in zip(levels, drawn, strict=True):
            one, two = reports[rows["row_clean"].to_numpy()], reports[rows["row"].to_numpy()]
            both, either = (one & two).sum(axis=1), (one | two).sum(axis=1)
            shares.append(ratio(resampled.sums(both), resampled.sums(either)))
        return min(_known(shares), key=_itself, default=UNKNOWN)

    return measure


def _largest_fall(said: Said) -> Floats:
    """Of the step that loses most in the windows as they were drawn, also its replicates."""
    means = said.tried.means if said.tried else {}
    falls = []
    for mode in MODES:
        harder = along(means, mode)
        if mode.name in NOISES and harder:
            steps = [AS_THEY_ARE, *harder]
            falls += [means[noisier] - means[clearer] for clearer, noisier in pairwise(steps)]
    return max(_known(falls), key=_itself, default=UNKNOWN)


def _known(figures: list[Floats]) -> list[Floats]:
    return [figure for figure in figures if np.isfinite(_itself(figure))]


def _itself(figure: Floats) -> float:
    """Without its replicates."""
    return float(figure[0])


def _share_with_report(rows: pl.DataFrame, resamples: int, seed: int) -> Measure:
    drawn = Resampling.of(rows["recording"].to_list(), resamples, seed)
    at = rows["row"].to_numpy()

    def measure(said: Said) -> Floats:
        reported = said.reports_tried[at].any(axis=1)
        return ratio(drawn.sums(reported), drawn.sums(np.ones(len(at))))

    return measure
