"""Put aside what cannot be used, each with the reason, and go on; too much of it is an error."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from silencio.data.ingest.contents import Contents
from silencio.data.ingest.inspect import Inspection, Inspections
from silencio.data.ingest.kinds import promised
from silencio.errors import SilencioError, WrongUse
from silencio.progress import Tell, counting, nobody

OUTSIDE = r"^/|(^|/)\.\.(/|$)|\x00"
"""A path that leads out of the data set, or that no file can have."""
FOUND = pl.Schema(
    {
        "uri": pl.String(),
        "digest": pl.String(),
        "duration": pl.Float64(),
        "sample_rate": pl.Int32(),
        "fingerprint": pl.Binary(),
        "unusable": pl.String(),
    }
)
NAMED = 3
"""Recordings that the error names."""


def spoken_against(known: Iterable[str], annotations: pl.DataFrame) -> pl.Expr:
    """Why a row cannot be used, by what the data set says of it alone; null where nothing speaks against it."""
    path, label, whole = pl.col("path"), pl.col("primary_label"), pl.col("labelled") == "whole"
    unclear = annotations.filter(pl.any_horizontal(pl.col("start", "end", "label").is_null()))["recording"]
    same = pl.struct("labelled", "primary_label")
    denied = pl.col("absent").list.eval(pl.element().is_in(list(known))).list.any()
    return (
        pl.when(path.is_null())
        .then(pl.lit("its row names no file"))
        .when(path.str.contains(OUTSIDE))
        .then(pl.lit("its path leads out of the data set"))
        .when(pl.col("labelled").is_null())
        .then(pl.lit("its name does not follow the pattern of its data set"))
        .when(whole & label.is_null())
        .then(pl.lit("nobody says what calls in it"))
        .when(whole & ~label.is_in(list(known)))
        .then(label + " is not in the taxonomy")
        .when((pl.col("labelled") == "denied") & ~denied)
        .then(pl.lit("what is denied of it is not in the taxonomy"))
        .when(path.is_in(unclear.implode()) & (pl.col("labelled") == "timed"))
        .then(pl.lit("a call in it has no start, no end or no species"))
        .when(same.n_unique().over("id") > 1)
        .then(pl.lit("it is listed more than once, with labels that contradict each other"))
        .when(pl.int_range(pl.len()).over("id") > 0)
        .then(pl.lit("it is listed more than once"))
    )


def heard(
    rows: pl.DataFrame,
    roots: Mapping[str, str],
    contents: Contents,
    inspections: Inspections,
    tell: Tell = nobody,
) -> pl.DataFrame:
    """FOUND: what only the file of each row can tell, or why it is `unusable`."""
    paths = {uri: _path(uri, roots) for uri in rows["uri"]}
    digests = contents.of(paths.values(), counting(tell, "files read"))
    looked = inspections.of(digests, counting(tell, "recordings inspected"))
    return pl.DataFrame(
        [_found(uri, path, looked.get(path)) for uri, path in paths.items()], FOUND, orient="row"
    )


def _path(uri: str, roots: Mapping[str, str]) -> Path:
    root, _, path = uri.partition("/")
    return Path(roots[root]) / path


def _found(uri: str, path: Path, one: Inspection | None) -> tuple[object, ...]:
    if one is None:
        reason = "the file cannot be opened" if path.exists() else "the file is missing"
        return uri, None, None, None, None, reason
    return uri, one.digest, one.duration, one.sample_rate, one.fingerprint, one.reason or _lie(path, one)


def _lie(path: Path, one: Inspection) -> str | None:
    """The one who named it so may have been wrong in more than the suffix."""
    if one.kind is None or one.kind == promised(path):
        return None
    return f"its name says {promised(path)}, its content is {one.kind}"


def released_already() -> pl.Expr:
    """What was sent may be a recording of the release, from a part that judges: it is not trained on."""
    again = pl.col("uri").filter(origin="release").first().over("digest")
    sent = (pl.col("origin") != "release") & pl.col("digest").is_not_null()
    return pl.when(sent).then("it is " + again + ", which was released")


def echo(rows: pl.DataFrame, alike: pl.DataFrame) -> pl.Series:
    """Why a row that was sent is not trained on though its file is new: it sounds the same as a released recording.

    `alike` as DUPLICATES.
    """
    released = set(rows.filter(origin="release")["id"])
    pairs = [pair for one, other, _ in alike.iter_rows() for pair in ((one, other), (other, one))]
    same = {
        one: other for one, other in sorted(pairs, reverse=True) if one not in released and other in released
    }
    said = [f"it sounds the same as {same[i]}, which was released" if i in same else None for i in rows["id"]]
    return pl.Series(said, dtype=pl.String)


def refuse_if_too_many(bad: pl.DataFrame, of: int, share: float) -> None:
    """`bad` as QUARANTINE."""
    if not of:
        raise WrongUse(
            "The data set lists no recordings.", "Check that data.path is the folder that holds them."
        )
    if len(bad) <= share * of and len(bad) < of:
        return
    reasons = "; ".join(f"{count} × {reason}" for reason, count in Counter(bad["reason"]).most_common(NAMED))
    named = "; ".join(f"{uri}: {reason}" for uri, reason in bad.head(NAMED).iter_rows())
    raise SilencioError(
        f"{len(bad)} of {of} recordings cannot be used ({reasons}); the first: {named}.",
        f"More than {share:.0%} (data.quarantine_share) is no accident: check that the data arrived whole.",
    )
