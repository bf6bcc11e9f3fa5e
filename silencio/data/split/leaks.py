"""Whether what judges has heard what is trained on: groups in two parts, and recordings that sound the same."""

import logging
from dataclasses import dataclass

import polars as pl

from silencio.data.split.groups import pairs_of_equal_files
from silencio.errors import GateRefused
from silencio.settings import Split

log = logging.getLogger(__name__)

NAMED = 5
"""Of many leaks, an error names so many."""
REMEDY = (
    "Leave one of each out of the data, or let Silencio deal them together: data.split.near_duplicates=join, with"
    " any data.split.method but given."
)


@dataclass(frozen=True)
class Leak:
    what: str
    parts: tuple[str, ...]
    """Those that it joins, in the order of `what`."""

    def __str__(self) -> str:
        return f"{self.what} ({' and '.join(self.parts)})"


def leaks(recordings: pl.DataFrame, duplicates: pl.DataFrame) -> tuple[Leak, ...]:
    """All of them; none if the split is sound. What is unlabelled is heard by nobody.

    Taken from the recordings: id, digest, group and part. `duplicates` are a catalog's.
    """
    dealt = recordings.filter(pl.col("part") != "unlabelled")
    groups = dealt.group_by("group").agg(parts=pl.col("part").unique().sort())
    torn = groups.filter(pl.col("parts").list.len() > 1).sort("group")
    pairs = _across_parts(dealt, duplicates)
    return (
        *(Leak(group, tuple(parts)) for group, parts in torn.iter_rows()),
        *(Leak(_named(one, other, similarity), parts) for one, other, similarity, parts in pairs),
    )


def heard_before(recordings: pl.DataFrame, duplicates: pl.DataFrame) -> set[str]:
    """The ids of recordings of the test part that are also trained on, share a group with one that is, are the same
    file as one, or sound like one. Takes what `leaks` takes; an id may be there twice, in two parts.
    """
    asked = recordings.filter(pl.col("part").is_in(["train", "test"]))
    trained, tested = (asked.filter(part=part) for part in ("train", "test"))
    of_trained = [tested.filter(pl.col(key).is_in(trained[key].implode()))["id"] for key in ("id", "group")]
    across = [pair for one, other, _, _ in _across_parts(asked, duplicates) for pair in (one, other)]
    return set(pl.concat(of_trained)) | (set(across) & set(tested["id"]))


def refuse_leaks(recordings: pl.DataFrame, duplicates: pl.DataFrame, split: Split) -> None:
    """Raise if anything leaks and the settings say `refuse`; else say so in the log.

    Even where the settings say `join` something can be left: folds that come with the data are not joined.
    """
    found = leaks(recordings, duplicates)
    if not found:
        return
    listed = "; ".join(map(str, found[:NAMED])) + ("; …" if len(found) > NAMED else "")
    if split.near_duplicates == "refuse":
        raise GateRefused(
            f"The split leaks ({len(found)} found): {listed}.",
            REMEDY,
        )
    log.warning("the split leaks (%d found): %s", len(found), listed)


def _across_parts(
    dealt: pl.DataFrame, duplicates: pl.DataFrame
) -> list[tuple[str, str, float | None, tuple[str, str]]]:
    """(recording, other, similarity, their parts); without a similarity it is one file."""
    same = pl.DataFrame(
        pairs_of_equal_files(dealt), schema={"recording": pl.String, "other": pl.String}, orient="row"
    ).with_columns(similarity=pl.lit(None, pl.Float64))
    pairs = pl.concat([same, duplicates.join(same, on=["recording", "other"], how="anti")])
    parts = dealt.select("id", "part")
    across = (
        pairs.join(parts, left_on="recording", right_on="id")
        .join(parts, left_on="other", right_on="id", suffix="_of_other")
        .filter(pl.col("part") != pl.col("part_of_other"))
        .sort("recording", "other")
    )
    return [(one, other, similarity, (p, q)) for one, other, similarity, p, q in across.iter_rows()]


def _named(one: str, other: str, similarity: float | None) -> str:
    if similarity is None:
        return f"{one} is the same file as {other}"
    return f"{one} sounds like {other}, {similarity:.2f}"
