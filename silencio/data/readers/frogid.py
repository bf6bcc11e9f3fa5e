"""Read FrogID's export: a CSV of what experts heard, and the recordings that `silencio data download` brings.

    20250317.csv    any name; one CSV
    audio/<id>.wav

The columns are those of the museum's own export; the names of its public release (Darwin Core: a row for each
species of an event) are taken as well, if flags and addresses of the audio were joined to it.
"""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from silencio.data.delivery import Delivery, delivered
from silencio.data.moments import stamp
from silencio.data.readers.frogid_table import read_export
from silencio.data.readers.tables import number, truth
from silencio.data.species import Species
from silencio.errors import WrongUse
from silencio.settings import Data, FrogId

AUDIO = "audio"
FLAGS = ("duplicate", "inappropriate", "good", "people")
FACTS = ("address", "date", "time", "latitude", "longitude", "recordist")

TARGETS = {
    "Rhinella marina": "Cane Toad",
    "Crinia signifera": "Common Eastern Froglet",
    "Limnodynastes peronii": "Striped Marsh Frog",
    "Litoria moorei": "Motorbike Frog",
    "Litoria fallax": "Eastern Dwarf Tree Frog",
    "Limnodynastes tasmaniensis": "Spotted Marsh Frog",
    "Crinia parinsignifera": "Beeping Froglet",
    "Limnodynastes dumerilii": "Eastern Banjo Frog",
    "Litoria caerulea": "Green Tree Frog",
    "Litoria ewingii": "Southern Brown Tree Frog",
    "Litoria verreauxii": "Whistling Tree Frog",
    "Litoria rubella": "Desert Tree Frog",
    "Crinia glauerti": "Clicking Froglet",
    "Litoria peronii": "Peron's Tree Frog",
    "Litoria ridibunda": "Laughing Tree Frog",
}
"""The fifteen that FrogID's own classifier, frogid-ml-15species, tells apart, in its order."""
OTHER = Species("other", "Other frogs", "Anura", "Amphibia")


def read(root: Path, data: Data) -> Delivery:
    chosen = _choose(root, data.frogid)
    rows = chosen.recordings.with_columns(
        path=f"{AUDIO}/" + pl.col("id") + ".wav",
        labelled=pl.lit("whole"),
        primary_label="label",
        secondary_labels=pl.lit([], pl.List(pl.String)),
        source="id",
        recorded_at=_recorded_at(),
        collection=pl.lit("FrogID"),
    )
    coordinates = number("latitude", -90, 90), number("longitude", -180, 180)
    return Delivery(delivered(rows.with_columns(coordinates)), chosen.species, left_out=chosen.left_out)


def addresses(root: Path, data: Data) -> dict[str, str]:
    """The address of each recording's audio, by the recording's id."""
    return dict(_choose(root, data.frogid).recordings.select("id", "address").iter_rows())


@dataclass(frozen=True)
class _Chosen:
    recordings: pl.DataFrame
    """REQUIRED and OPTIONAL, and `label`; in the order of their ids."""
    species: tuple[Species, ...]
    left_out: Mapping[str, int]


def _choose(root: Path, settings: FrogId) -> _Chosen:
    rows = read_export(root)
    species = _species(settings, rows)
    once = rows.unique().sort("id")
    named = once.filter(pl.col("id").str.contains(r"^[A-Za-z0-9][A-Za-z0-9_-]*$"))
    judged = _one_row_a_recording(named).with_columns(reason=_reason())
    kept = judged.filter(pl.col("reason").is_null()).with_columns(name=pl.col("names").list.first())
    distinct = kept.filter(pl.col("address").is_first_distinct())
    codes = {s.scientific_name: s.code for s in species}
    labelled = distinct.with_columns(label=pl.col("name").replace_strict(codes, default=OTHER.code))
    taken = _downsample(labelled, settings.per_class)
    left_out = dict(judged["reason"].drop_nulls().value_counts().iter_rows())
    for reason, count in (
        ("the same row again", len(rows) - len(once)),
        ("no id that a file can be called by", len(once) - len(named)),
        ("a duplicate", len(kept) - len(distinct)),
        (f"more than {settings.per_class} of its class", len(labelled) - len(taken)),
    ):
        left_out[reason] = left_out.get(reason, 0) + count
    return _Chosen(taken, species, {reason: count for reason, count in sorted(left_out.items()) if count})


def _species(settings: FrogId, rows: pl.DataFrame) -> tuple[Species, ...]:
    """In the order of the classes: the targets, then all others."""
    targets = [" ".join(name.split()).capitalize() for name in settings.targets] or list(TARGETS)
    if len(set(targets)) < len(targets):
        raise WrongUse("data.frogid.targets names a species twice.", "Name each one once.")
    heard = set(rows["names"].explode().drop_nulls())
    if settings.targets and (unheard := [name for name in targets if name not in heard]):
        near = difflib.get_close_matches(unheard[0], sorted(heard), n=1)
        raise WrongUse(
            f"data.frogid.targets names {', '.join(unheard)}, which no recording is of.",
            f"Did you mean {near[0]}?" if near else "Name species that are in the CSV.",
        )
    known = (
        Species(name.lower().replace(" ", "_"), TARGETS.get(name, name), name, "Amphibia") for name in targets
    )
    return (*known, OTHER)


def _one_row_a_recording(rows: pl.DataFrame) -> pl.DataFrame:
    """In the order of the ids. Several rows of one id say together which species call in it.

    Of what else they may differ in the least is taken: their order must make no difference.
    """
    flags = {flag: truth(flag) for flag in FLAGS}
    illegible = pl.any_horizontal(pl.col(flag).is_not_null() & said.is_null() for flag, said in flags.items())
    parsed = rows.with_columns(illegible=illegible, **flags)
    return parsed.group_by("id", maintain_order=True).agg(
        pl.col("names").explode().drop_nulls().unique().sort(),
        pl.col("illegible", "duplicate", "inappropriate", "people").any(),
        pl.col("good").all(),
        pl.col(FACTS).min(),
        published=(pl.col("status").str.to_lowercase() == "published").all(),
    )


def _reason() -> pl.Expr:
    """Why a recording is left out, the first reason that holds; null if it is good. Who says nothing objects not."""
    heard = pl.col("names").list.len()
    reasons = {
        "not published": ~pl.col("published"),
        "no species named": heard == 0,
        "no address of its audio": ~pl.col("address").str.contains("(?i)^https?://").fill_null(False),
        "a flag that is neither true nor false": pl.col("illegible"),
        "a duplicate": pl.col("duplicate"),
        "inappropriate content": pl.col("inappropriate"),
        "people are heard": pl.col("people"),
        "poor quality": ~pl.col("good"),
        "more than one species": heard > 1,
    }
    return pl.coalesce(pl.when(holds).then(pl.lit(reason)) for reason, holds in reasons.items())


def _downsample(rows: pl.DataFrame, per_class: int) -> pl.DataFrame:
    """At most so many of a label; of the species that share one, as equal a number as there are.

    Who is taken depends on the id alone, on neither the order of the rows nor an experiment's seed: other rows
    disturb the choice little, and no other seed asks for other downloads.
    """
    chance = pl.Series([hashlib.sha256(name.encode()).hexdigest() for name in rows["id"]], dtype=pl.String)
    turn = pl.col("chance").rank("ordinal").over("name")
    dealt = rows.with_columns(chance=chance).with_columns(turn=turn).sort("turn", "chance")
    return dealt.filter(pl.int_range(pl.len()).over("label") < per_class).sort("id")


def _recorded_at() -> pl.Expr:
    """As the clock on the wall said: an offset from UTC is cut off. A day without an hour is no time."""
    said = pl.concat_str("date", "time", separator=" ", ignore_nulls=True)
    told = said.str.extract(r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?)")
    return told.map_elements(stamp, pl.Datetime("us"))
