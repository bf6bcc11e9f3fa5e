"""Make the catalog: what was released, and what guides said since."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from silencio.audio.fingerprint import Print
from silencio.data import readers
from silencio.data.catalog import ANNOTATIONS, QUARANTINE, RECORDINGS, Catalog
from silencio.data.delivery import Delivery, delivered
from silencio.data.feedback import FeedbackStore
from silencio.data.ingest.contents import Contents
from silencio.data.ingest.inspect import Inspections
from silencio.data.ingest.quarantine import echo, heard, refuse_if_too_many, released_already, spoken_against
from silencio.data.ingest.release import release_folder, release_key
from silencio.data.ingest.said import ROOT, Gathered, Row, gather
from silencio.data.ingest.summary import summary
from silencio.data.split.assign import assign
from silencio.data.split.duplicates import near_duplicates
from silencio.data.split.leaks import refuse_leaks
from silencio.handover import Handover, Kind
from silencio.identity import code_digest
from silencio.progress import Tell, nobody
from silencio.settings import Experiment
from silencio.workspace import Workspace

COLUMNS = {"path": pl.String(), **RECORDINGS}
SENT = pl.Schema({field.name: COLUMNS[field.name] for field in fields(Row)})


def ingest(
    experiment: Experiment,
    workspace: Workspace,
    feedback: FeedbackStore | None,
    tell: Tell = nobody,
    passive: bool = False,
) -> Handover:
    """The catalog of the experiment's data. With a feedback store, what people say are rows for training; with
    `passive`, so is what its passive log drew."""
    gathered = gather(feedback, experiment.data.trust, passive)
    if feedback:
        feedback.bring(Path(path).name for path in gathered.paths)
    release = release_folder(experiment.data, workspace, tell)
    roots = {"release": str(release)} | ({ROOT: str(feedback.folder.resolve())} if feedback else {})

    def build(folder: Path) -> Mapping[str, Any]:
        delivery = readers.read(experiment.data, release)
        catalog = make_catalog(experiment, delivery, gathered, roots, workspace, tell)
        catalog.write(folder)
        return {"roots": roots, "disputed": gathered.disputed} | summary(catalog, delivery.left_out)

    inputs = _inputs(experiment, workspace, gathered, tell)
    # The roots are in the facts alone: a workspace that was moved needs new facts, though the digest stays.
    return workspace.produce(Kind.CATALOG, inputs | {"roots": roots}, build)


def survey(experiment: Experiment, workspace: Workspace, feedback: FeedbackStore | None) -> dict[str, Any]:
    """All that a catalog is made from; a file is only read where it changed since the last time."""
    return _inputs(experiment, workspace, gather(feedback, experiment.data.trust), nobody)


def _inputs(experiment: Experiment, workspace: Workspace, gathered: Gathered, tell: Tell) -> dict[str, Any]:
    return {
        # How many download at a time changes nothing that they bring.
        "data": experiment.data.model_dump(mode="json", exclude={"frogid": {"workers"}}),
        "seed": experiment.seed,
        "release": release_key(experiment.data, workspace, _contents(workspace), tell),
        "feedback": gathered.content(),
        "code": code_digest("audio", "data"),
    }


def _contents(workspace: Workspace) -> Contents:
    return Contents(workspace / "processed" / "digests.sqlite")


def make_catalog(
    experiment: Experiment,
    delivery: Delivery,
    gathered: Gathered,
    roots: Mapping[str, str],
    workspace: Workspace,
    tell: Tell = nobody,
) -> Catalog:
    known = [species.code for species in delivery.species]
    rows = _rows(delivery, gathered.rows).with_columns(reason=spoken_against(known, delivery.annotations))
    inspections = Inspections(workspace / "processed")
    unopened = rows.filter(pl.col("reason").is_null())
    found = heard(unopened, roots, _contents(workspace), inspections, tell)
    rows = rows.join(found, on="uri", how="left", maintain_order="left")
    rows = rows.with_columns(reason=pl.coalesce("reason", "unusable", released_already()))
    alike = near_duplicates(_prints(rows.filter(pl.col("reason").is_null())))
    rows = rows.with_columns(reason=pl.coalesce("reason", echo(rows, alike)))

    bad = rows.filter(pl.col("reason").is_not_null()).select(QUARANTINE.names()).sort("uri", "reason")
    refuse_if_too_many(bad, len(rows), experiment.data.quarantine_share)
    # Kept out by choice, and no sign of a broken delivery.
    bad = pl.concat([bad, gathered.quarantined()]).sort("uri", "reason")
    secondary = pl.col("secondary_labels").fill_null([]).list.filter(pl.element().is_in(known))
    absent = pl.col("absent").list.filter(pl.element().is_in(known))
    good = rows.filter(pl.col("reason").is_null()).sort("id")
    good = good.with_columns(secondary_labels=secondary, absent=absent)
    alike = alike.filter(pl.all_horizontal(pl.col("recording", "other").is_in(good["id"].implode())))
    dealt = assign(
        good, experiment.data.split, experiment.seed, alike.select("recording", "other").iter_rows()
    )
    recordings = dealt.match_to_schema(RECORDINGS, extra_columns="ignore")
    refuse_leaks(recordings, alike, experiment.data.split)
    annotations = _annotations(delivery.annotations, recordings, known)
    return Catalog(recordings, annotations, delivery.species, bad, roots, alike)


def _rows(delivery: Delivery, sent: Sequence[Row]) -> pl.DataFrame:
    """DELIVERED, with root, origin, weight, uri and id."""
    released = delivery.recordings.with_columns(
        root=pl.lit("release"), origin=pl.lit("release"), weight=pl.lit(1.0)
    )
    said = pl.DataFrame([vars(row) for row in sent], schema=SENT)
    added = delivered(said.drop("origin", "weight")).with_columns(
        said["origin"], said["weight"], root=pl.lit(ROOT)
    )
    uri = pl.col("root") + "/" + pl.col("path").fill_null("?")
    return pl.concat([released, added.select(released.columns)]).with_columns(uri=uri, id=uri)


def _annotations(annotations: pl.DataFrame, recordings: pl.DataFrame, known: list[str]) -> pl.DataFrame:
    """Of what the catalog holds; a call of a species that is none of its classes is background."""
    named = annotations.with_columns(recording="release/" + pl.col("recording"))
    kept = named.filter(pl.col("recording").is_in(recordings["id"].implode()), pl.col("label").is_in(known))
    return kept.match_to_schema(ANNOTATIONS).sort("recording", "start", "label")


def _prints(rows: pl.DataFrame) -> dict[str, Print]:
    return {uri: np.frombuffer(words, "<u4") for uri, words in rows.select("id", "fingerprint").iter_rows()}
