"""Make the trials: draw test windows, change how they sound, and hear them as the front end does."""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from silencio.audio import Features
from silencio.data.catalog import Catalog
from silencio.evaluation.trials.conditions import Trial, empty_trials, trials_of
from silencio.evaluation.trials.drawn import Drawn, draw, sounding
from silencio.evaluation.trials.trials import PICTURES, SCHEMA, TABLE, Trials
from silencio.evaluation.truth import Truth
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of
from silencio.settings import FrontEnd
from silencio.settings.judging import Trials as Settings
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

Heard = tuple[dict[str, Any], bytes]
"""A row of the table, and the float16 bytes of its picture."""


def make_trials(
    catalog: Handover, truth: Truth, front_end: FrontEnd, settings: Settings, seed: int, workspace: Workspace
) -> Trials:
    """Of windows of this truth, whose recordings the catalog lists. `front_end` says where its embedding model lies.

    Which windows, and what is done to them, does not depend on the front end.
    """
    drawn = draw(truth, settings.windows, seed)
    inputs = {
        "catalog": catalog.digest,
        "windows": digest_of([[d.window, d.recording, d.start, *d.labels] for d in drawn]),
        "front_end": front_end.anywhere().model_dump(mode="json"),
        "trials": settings.model_dump(mode="json"),
        "seed": seed,
        "code": code_digest("audio", "data/reserve", "evaluation/trials"),
    }

    def build(folder: Path) -> Mapping[str, Any]:
        log.info("making trials of %d windows", len(drawn))
        rows = []
        with (folder / PICTURES).open("wb") as pictures:
            for row, picture in _heard(drawn, Catalog.open(catalog), front_end, settings, seed):
                rows.append(row)
                pictures.write(picture)
        pl.DataFrame(rows, SCHEMA).write_parquet(folder / TABLE)
        return {"trials": len(rows), "windows": len(drawn), "shape": list(front_end.shape)}

    return Trials(workspace.produce(Kind.TRIALS, inputs, build))


def _heard(
    drawn: list[Drawn], catalog: Catalog, front_end: FrontEnd, settings: Settings, seed: int
) -> Iterator[Heard]:
    features = Features(front_end)
    windows = sounding(drawn, catalog, front_end)
    pieces: list[Iterable[Trial]] = [trials_of(one, windows, settings, seed) for one in windows]
    pieces.append(empty_trials(front_end, settings, seed))
    # How a matrix product is shared among threads shows in its last bits; here windows are shared instead.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as threads:
        yield from chain.from_iterable(threads.map(lambda piece: [_hear(t, features) for t in piece], pieces))


def _hear(trial: Trial, features: Features) -> Heard:
    length = features.front_end.window_samples
    window = np.pad(trial.sound, (0, length - len(trial.sound))).astype(np.float32, copy=False)
    picture = features(window[None], np.array([len(trial.sound)]))[0].astype("<f2")
    row = {
        "mode": trial.mode,
        "level": trial.level,
        "name": trial.name,
        "window": trial.window,
        "recording": trial.recording,
        "labels": list(trial.labels),
    }
    return row, picture.tobytes()
