"""Make the catalog: what was released, and what guides said since."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from silencio.audio.decode import Unreadable, decode
from silencio.data import birdclef, reserve
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.feedback import Correction, FeedbackStore
from silencio.data.split import deal
from silencio.errors import SilencioError
from silencio.handover import Handover, Kind
from silencio.identity import code_digest, digest_of, digest_of_file
from silencio.settings import Data, Experiment, Reserve
from silencio.workspace import Workspace

log = logging.getLogger(__name__)

QUARANTINE_SHARE = 0.2
"""Above this share of unusable recordings, it is the delivery that is broken, not a few of its files."""


def ingest(
    experiment: Experiment,
    workspace: Workspace,
    feedback: FeedbackStore | None,
    composed: Callable[[int, int], None] | None = None,
) -> Handover:
    """The catalog of the experiment's data. With a feedback store, its corrections are rows for training.

    `composed` is told (files done, files in all) where the built-in reserve has to be composed first.
    """
    corrections = _last_words(feedback)
    release = release_folder(experiment.data, workspace, composed)
    roots = {"release": str(release)} | ({"feedback": str(feedback.folder.resolve())} if feedback else {})

    def build(folder: Path) -> Mapping[str, Any]:
        catalog = make_catalog(experiment, birdclef.read(release), corrections, roots)
        catalog.write(folder)
        return {"roots": roots} | summary(catalog)

    # The roots are in the facts alone: a workspace that was moved needs new facts, though the digest stays.
    return workspace.produce(Kind.CATALOG, _inputs(experiment, corrections) | {"roots": roots}, build)


def survey(experiment: Experiment, feedback: FeedbackStore | None) -> dict[str, Any]:
    """All that a catalog is made from, without opening a recording."""
    return _inputs(experiment, _last_words(feedback))


def _inputs(experiment: Experiment, corrections: list[Correction]) -> dict[str, Any]:
    data = experiment.data
    return {
        "data": data.model_dump(mode="json"),
        "seed": experiment.seed,
        "release": listing(data.path) if data.path else reserve_key(data.reserve),
        "feedback": [[c.audio, c.species, c.said_by] for c in corrections],
        "code": code_digest("audio", "data"),
    }


def _last_words(feedback: FeedbackStore | None) -> list[Correction]:
    """One a recording: where guides contradict each other, whoever spoke last is believed."""
    said = sorted(feedback.corrections(), key=lambda c: c.at) if feedback else []
    return sorted({c.audio: c for c in said}.values(), key=lambda c: c.audio)


def release_folder(
    data: Data, workspace: Workspace, composed: Callable[[int, int], None] | None = None
) -> Path:
    """Where the released data lie; the built-in reserve is composed on first use."""
    if data.path is not None:
        return data.path.resolve()
    return compose_reserve(data.reserve, workspace / "raw", composed)


def compose_reserve(settings: Reserve, raw: Path, composed: Callable[[int, int], None] | None = None) -> Path:
    key = reserve_key(settings)
    folder, partial = raw / f"reserve-{key[:12]}", raw / f"reserve-{key[:12]}.partial"
    if not folder.exists():
        log.info("composing a reserve of %d species", settings.species)
        partial.mkdir(exist_ok=True)
        reserve.compose(settings, partial, composed)
        partial.rename(folder)
    return folder


def reserve_key(settings: Reserve) -> str:
    return digest_of({"settings": settings.model_dump(), "code": code_digest("data/reserve")})


def listing(folder: Path) -> str:
    """Stands for the data as delivered: names and sizes, for reading gigabytes only to learn that nothing
    changed would cost minutes. Each file's own digest is a column of the catalog."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return digest_of([[p.relative_to(folder).as_posix(), p.stat().st_size] for p in files])


def make_catalog(
    experiment: Experiment,
    delivery: birdclef.Delivery,
    corrections: list[Correction],
    roots: Mapping[str, str],
) -> Catalog:
    known = {species.code for species in delivery.species}
    rows = [
        *({"root": "release", "origin": "release"} | row for row in delivery.clips.iter_rows(named=True)),
        *(
            {"root": "release", "origin": "release"} | row
            for row in delivery.soundscapes.iter_rows(named=True)
        ),
        *({"root": "feedback", "origin": "feedback"} | _feedback_row(c) for c in corrections),
    ]
    with ThreadPoolExecutor() as pool:
        checked = list(pool.map(lambda row: _check(row, known, roots), rows))
    checked = refuse_released(checked)
    good = [row for row in checked if "reason" not in row]
    bad = [row for row in checked if "reason" in row]
    if len(bad) > QUARANTINE_SHARE * len(rows):
        raise SilencioError(
            f"{len(bad)} of {len(rows)} recordings cannot be used; the first: {bad[0]['uri']}: {bad[0]['reason']}.",
            f"More than {QUARANTINE_SHARE:.0%} is no accident: check that the data arrived whole.",
        )
    parts = deal(
        Counter(r["group"] for r in good if r["origin"] == "release" and r["primary_label"]),
        Counter(r["group"] for r in good if not r["primary_label"]),
        experiment.data,
        experiment.seed,
    )
    recordings = pl.DataFrame(
        [row | {"part": parts.get(row["group"], "train")} for row in good], schema=RECORDINGS
    ).sort("id")
    annotations = delivery.annotations.with_columns(recording="release/" + pl.col("recording"))
    kept = annotations.filter(
        pl.col("recording").is_in(recordings["id"].implode()), pl.col("label").is_in(known)
    )
    return Catalog(
        recordings,
        kept.match_to_schema(ANNOTATIONS).sort("recording", "start", "label"),
        delivery.species,
        pl.DataFrame(bad, schema=QUARANTINE).sort("uri"),
        roots,
    )


def _feedback_row(correction: Correction) -> dict[str, Any]:
    return {
        "path": f"audio/{correction.audio}",
        "primary_label": correction.species,
        "group": f"feedback:{correction.said_by}",
        "recorded_at": None,
        "licence": "as agreed with the guides",
    }


def _check(row: dict[str, Any], known: Iterable[str], roots: Mapping[str, str]) -> dict[str, Any]:
    """The row with what only its file can tell, or `uri` and the `reason` why it cannot be used."""
    uri = f"{row['root']}/{row['path']}"
    path = Path(roots[row["root"]]) / row["path"]
    label = row.get("primary_label")
    if label is not None and label not in known:
        return {"uri": uri, "reason": f"{label} is not in the taxonomy"}
    if not path.is_file():
        return {"uri": uri, "reason": "the file is missing"}
    try:
        # All of it: a header says nothing of what a decoder finds behind it.
        samples, rate = decode(path)
    except Unreadable as error:
        return {"uri": uri, "reason": error.problem}
    return (
        dict.fromkeys(RECORDINGS)
        | row
        | {
            "id": uri,
            "uri": uri,
            "digest": digest_of_file(path),
            "primary_label": label,
            "secondary_labels": [s for s in row.get("secondary_labels") or [] if s in known],
            "duration": len(samples) / rate,
        }
    )


def refuse_released(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Feedback on a recording of the release may come from a part that judges: it is not trained on."""
    released = {row["digest"]: row["uri"] for row in rows if row.get("origin") == "release"}
    return [
        {"uri": row["uri"], "reason": f"it is {released[row['digest']]}, which was released"}
        if row.get("origin") == "feedback" and row["digest"] in released
        else row
        for row in rows
    ]


def summary(catalog: Catalog) -> dict[str, Any]:
    """The figures that a person wants to see of a catalog."""
    recordings = catalog.recordings
    latest = recordings["recorded_at"].max()
    return {
        "recordings": len(recordings),
        "species": len(catalog.species),
        "hours": round(float(recordings["duration"].sum()) / 3600, 3),
        "quarantined": len(catalog.quarantine),
        "latest": latest.isoformat() if isinstance(latest, datetime) else None,
        **dict(sorted(recordings["origin"].value_counts().iter_rows())),
    }
