"""Which recordings belong together: who made them, what they were cut from, what sounds the same."""

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl

UNKNOWN = "unknown"


def with_groups(
    recordings: pl.DataFrame, group_by: Literal["recordist", "source", "session", "recording"]
) -> pl.DataFrame:
    """The recordings with a column `group`, such as `recordist:Ana`, `site:A01` or `session:Ana 2019-05-22`.

    - recordist: whoever made it; for soundscapes the recorder's site, which colours all that it hears. Those of
      nobody known are one group, for they may all be of the same person.
    - source: the recording that it was cut from, else the recordist, else the recording itself.
    - recording: each by itself, as figures are published that know the voices they judge on.
    - session: a recordist's day. What one recordist left undated is one session.

    Where a data set names nobody at all (and, for sessions, no day), one group of everything could not be
    dealt: then recordings are grouped by source, and those without one stand for themselves. What guides said
    is grouped by guide, however the rest is grouped.
    """
    clip = pl.col("labelled") == "whole"
    alone = pl.coalesce("source:" + pl.col("source"), "recording:" + pl.col("id"))
    # Recorders are always known by name: of clips they say nothing.
    named = pl.col("recordist").is_not_null().any().over("origin", clip)
    dated = pl.col("recorded_at").is_not_null().any().over("origin", clip)
    person = pl.col("recordist").fill_null(UNKNOWN)
    recordist = pl.when(clip).then("recordist:" + person).otherwise("site:" + person)
    day = pl.col("recorded_at").dt.strftime("%Y-%m-%d").fill_null("undated")
    group = {
        "recordist": pl.when(named).then(recordist).otherwise(alone),
        "source": pl.when(pl.col("source").is_null() & pl.col("recordist").is_not_null())
        .then(recordist)
        .otherwise(alone),
        "session": pl.when(named | dated).then("session:" + person + " " + day).otherwise(alone),
        "recording": "recording:" + pl.col("id"),
    }[group_by]
    guide = pl.col("origin") + ":" + person
    return recordings.with_columns(group=pl.when(pl.col("origin") == "release").then(group).otherwise(guide))


def united(groups: Mapping[str, str], alike: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The unit of every recording: groups that share a recording are one, and so are those that they share.

    `groups` gives the group of every recording, `alike` pairs of recordings; a pair of which one is not among
    them unites nothing. A unit is named after the first of its groups by the alphabet.
    """
    parent = {group: group for group in groups.values()}

    def root(group: str) -> str:
        while parent[group] != group:
            parent[group] = group = parent[parent[group]]
        return group

    for one, other in alike:
        if one in groups and other in groups:
            first, second = sorted((root(groups[one]), root(groups[other])))
            parent[second] = first
    return {recording: root(group) for recording, group in groups.items()}


def pairs_of_equal_files(recordings: pl.DataFrame) -> list[tuple[str, str]]:
    """The ids of recordings with one digest: each but the first with the first."""
    first = pl.col("id").sort().first().over("digest")
    pairs = recordings.select("id", first=first).filter(pl.col("id") != pl.col("first"))
    return list(pairs.select("first", "id").sort("first", "id").iter_rows())
