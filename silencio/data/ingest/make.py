"""Make the catalog: what was released, and what guides said since."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from silencio.audio.fingerprint import Print
from silencio.data import readers
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.delivery import Delivery, delivered
from silencio.data.feedback import Correction, FeedbackStore
from silencio.data.ingest.contents import Contents
from silencio.data.ingest.inspect import Inspections
from silencio.data.ingest.quarantine import echo, heard, refuse_if_too_many, released_already, spoken_against
from silencio.data.ingest.release import release_folder, release_key
from silencio.data.ingest.summary import summary
from silencio.data.split.assign import assign
from silencio.data.split.duplicates import near_duplicates
from silencio.data.split.leaks import refuse_leaks
from silencio.handover import Handover, Kind
from silencio.identity import code_digest
from silencio.progress import Tell, nobody
from silencio.settings import Experiment
from silencio.workspace import Workspace


def ingest(
    experiment: Experiment, workspace: Workspace, feedback: FeedbackStore | None, tell: Tell = nobody
) -> Handover:
    """The catalog of the experiment's data. With a feedback store, its corrections are rows for training."""
    corrections = _last_words(feedback)
    release = release_folder(experiment.data, workspace, tell)
    roots = {"release": str(release)} | ({"feedback": str(feedback.folder.resolve())} if feedback else {})

    def build(folder: Path) -> Mapping[str, Any]:
        delivery = readers.read(experiment.data, release)
        catalog = make_catalog(experiment, delivery, corrections, roots, workspace, tell)
        catalog.write(folder)
        return {"roots": roots} | summary(catalog, delivery.left_out)

    inputs = _inputs(experiment, workspace, corrections, tell)
    # The roots are in the facts alone: a workspace that was moved needs new facts, though the digest stays.
    return workspace.produce(Kind.CATALOG, inputs | {"roots": roots}, build)


def survey(experiment: Experiment, workspace: Workspace, feedback: FeedbackStore | None) -> dict[str, Any]:
    """All that a catalog is made from; a file is only read where it changed since the last time."""
    return _inputs(experiment, workspace, _last_words(feedback), nobody)


def _inputs(
    experiment: Experiment, workspace: Workspace, corrections: list[Correction], tell: Tell
) -> dict[str, Any]:
    return {
        # How many download at a time changes nothing that they bring.
        "data": experiment.data.model_dump(mode="json", exclude={"frogid": {"workers"}}),
        "seed": experiment.seed,
        "release": release_key(experiment.data, workspace, _contents(workspace), tell),
        "feedback": [[c.audio, c.species, c.said_by] for c in corrections],
        "code": code_digest("audio", "data"),
    }


def _contents(workspace: Workspace) -> Contents:
    return Contents(workspace / "processed" / "digests.sqlite")


def _last_words(feedback: FeedbackStore | None) -> list[Correction]:
    """One a recording: where guides contradict each other, whoever spoke last is believed."""
    said = sorted(feedback.corrections(), key=lambda c: c.at) if feedback else []
    return sorted({c.audio: c for c in said}.values(), key=lambda c: c.audio)


def make_catalog(
    experiment: Experiment,
    delivery: Delivery,
    corrections: list[Correction],
    roots: Mapping[str, str],
    workspace: Workspace,
    tell: Tell = nobody,
) -> Catalog:
    known = [species.code for species in delivery.species]
    rows = _rows(delivery, corrections).with_columns(reason=spoken_against(known, delivery.annotations))
    inspections = Inspections(workspace / "processed")
    unopened = rows.filter(pl.col("reason").is_null())
    found = heard(unopened, roots, _contents(workspace), inspections, tell)
    rows = rows.join(found, on="uri", how="left", maintain_order="left")
    rows = rows.with_columns(reason=pl.coalesce("reason", "unusable", released_already()))
    alike = near_duplicates(_prints(rows.filter(pl.col("reason").is_null())))
    rows = rows.with_columns(reason=pl.coalesce("reason", echo(rows, alike)))

    bad = rows.filter(pl.col("reason").is_not_null()).select(QUARANTINE.names()).sort("uri", "reason")
    refuse_if_too_many(bad, len(rows), experiment.data.quarantine_share)
    secondary = pl.col("secondary_labels").fill_null([]).list.filter(pl.element().is_in(known))
    good = rows.filter(pl.col("reason").is_null()).sort("id").with_columns(secondary_labels=secondary)
    alike = alike.filter(pl.all_horizontal(pl.col("recording", "other").is_in(good["id"].implode())))
    dealt = assign(
        good, experiment.data.split, experiment.seed, alike.select("recording", "other").iter_rows()
    )
    recordings = dealt.match_to_schema(RECORDINGS, extra_columns="ignore")
    refuse_leaks(recordings, alike, experiment.data.split)
    annotations = _annotations(delivery.annotations, recordings, known)
    return Catalog(recordings, annotations, delivery.species, bad, roots, alike)


def _rows(delivery: Delivery, corrections: list[Correction]) -> pl.DataFrame:
    """DELIVERED, with root, origin, uri and id."""
    said = {
        "path": [f"audio/{c.audio}" for c in corrections],
        "labelled": ["whole"] * len(corrections),
        "primary_label": [c.species for c in corrections],
        "recordist": [c.said_by for c in corrections],
        "licence": ["as agreed with the guides"] * len(corrections),
    }
    released = delivery.recordings.with_columns(root=pl.lit("release"))
    added = delivered(pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))).with_columns(
        root=pl.lit("feedback")
    )
    uri = pl.col("root") + "/" + pl.col("path").fill_null("?")
    return pl.concat([released, added]).with_columns(uri=uri, id=uri, origin="root")


def _annotations(annotations: pl.DataFrame, recordings: pl.DataFrame, known: list[str]) -> pl.DataFrame:
    """Of what the catalog holds; a call of a species that is none of its classes is background."""
    named = annotations.with_columns(recording="release/" + pl.col("recording"))
    kept = named.filter(pl.col("recording").is_in(recordings["id"].implode()), pl.col("label").is_in(known))
    return kept.match_to_schema(ANNOTATIONS).sort("recording", "start", "label")


def _prints(rows: pl.DataFrame) -> dict[str, Print]:
    return {uri: np.frombuffer(words, "<u4") for uri, words in rows.select("id", "fingerprint").iter_rows()}
