"""Who is trained on and who judges: every recording's group, part, fold and era.

    recordings = assign(recordings, experiment.data.split, experiment.seed, alike)

What nobody labelled is never judged on, nor trained on but by self-training. What guides said, and what was heard in
passing, is trained on and never judges: an ingest leaves out of it what sounds the same as a released recording
(`silencio.data.ingest.quarantine.echo`), for that one may judge.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import polars as pl

from silencio.data.split.dealing import Unit, deal
from silencio.data.split.groups import pairs_of_equal_files, united, with_groups
from silencio.data.split.set_apart import set_apart
from silencio.errors import WrongUse
from silencio.settings import Split

log = logging.getLogger(__name__)

BACKGROUND = 0.3
"""What a secondary label counts for where species are dealt evenly."""
NAMED = 20
"""Of many groups, an error names so many."""


def assign(
    recordings: pl.DataFrame, split: Split, seed: int, alike: Iterable[tuple[str, str]] = ()
) -> pl.DataFrame:
    """The recordings, in their order, with the columns group, part, fold and era.

    Taken from each row: id, digest, labelled, primary_label, secondary_labels, recordist, source, fold (as the
    data set gives it, or null), recorded_at and origin. `alike` are pairs of ids that sound the same: where the
    settings say `join`, their groups are dealt as one, and so are groups that hold the same file. Folds that are
    given are never joined.
    """
    grouped = with_groups(recordings, split.group_by).with_columns(_era(split.newer))
    dealt = grouped.filter(pl.col("labelled") != "none", pl.col("origin") == "release")
    joins = split.near_duplicates == "join" and split.method != "given"
    dealt = _with_units(dealt, [*alike, *pairs_of_equal_files(dealt)] if joins else [])
    parts, folds = _parts_and_folds(dealt, split, seed) if len(dealt) else ({}, {})
    validating = [unit for unit in _units(dealt) if parts[unit.name] == "validation"]
    parts = {**parts, **set_apart(validating, _sites(dealt), split.thresholds, seed)}

    answers = dealt.select(
        "id",
        part=pl.col("unit").replace_strict(parts, return_dtype=pl.String),
        dealt_fold=pl.col("unit").replace_strict(folds, default=None, return_dtype=pl.Int32),
    )
    elsewhere = pl.when(pl.col("labelled") == "none").then(pl.lit("unlabelled")).otherwise(pl.lit("train"))
    return (
        grouped.drop("part", strict=False)
        .join(answers, on="id", how="left", maintain_order="left")
        .with_columns(part=pl.col("part").fill_null(elsewhere), fold=pl.coalesce("dealt_fold", "fold"))
        .drop("dealt_fold")
    )


def _era(newer: float) -> pl.Expr:
    """The newest share of what is dated is newer; recordings of one moment are of one era.

    It is a share of the clips, where there are any: soundscapes are recorded in few months, hour after hour, and
    those that are newer than any clip would leave no newer clip to learn from.
    """
    at = pl.col("recorded_at")
    clip = (pl.col("labelled") == "whole") & at.is_not_null()
    counted = at.filter(clip | ~clip.any())
    # How many are newer still: of one moment, all have the same rank.
    rank = counted.rank("min", descending=True)
    oldest = counted.filter(rank <= (newer * counted.count()).round()).min()
    return (
        pl.when(at >= oldest).then(pl.lit("newer")).when(at.is_not_null()).then(pl.lit("older")).alias("era")
    )


def _with_units(dealt: pl.DataFrame, alike: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """The recordings with a column `unit`: the group, or the groups that are dealt as one."""
    unit_of = united(dict(dealt.select("id", "group").iter_rows()), alike)
    with_units = dealt.with_columns(unit=pl.Series([unit_of[i] for i in dealt["id"]], dtype=pl.String))
    groups, units = with_units["group"].n_unique(), with_units["unit"].n_unique()
    if units < groups:
        largest = with_units["unit"].value_counts().get_column("count").max()
        log.info(
            "%d groups are dealt as %d, for some of their recordings sound the same; the largest has %d of %d"
            " recordings",
            *(groups, units, largest, len(dealt)),
        )
    return with_units


def _parts_and_folds(
    dealt: pl.DataFrame, split: Split, seed: int
) -> tuple[Mapping[str, str], Mapping[str, int]]:
    """The part of every unit, and its fold where it is dealt one."""
    match split.method:
        case "shares":
            return _by_shares(dealt, split, seed), {}
        case "folds":
            return _by_folds(dealt, split, seed)
        case "given":
            return _as_given(dealt, split), {}
        case "leave_one_out":
            return _leaving_one_out(dealt, split, seed), {}
        case "time":
            return _by_time(dealt, split, seed), {}


def _by_shares(dealt: pl.DataFrame, split: Split, seed: int) -> dict[str, str]:
    """Sites, which are labelled in time, are there to judge on, half and half; all others by the shares."""
    sites = _sites(dealt)
    shares = {"train": 1 - split.validation - split.test, "validation": split.validation, "test": split.test}
    taught = [unit for unit in _units(dealt) if unit.name not in sites]
    judges = [unit for unit in _units(dealt) if unit.name in sites]
    return deal(taught, _some(shares), seed, taught="train") | deal(
        judges, {"validation": 0.5, "test": 0.5}, seed
    )


def _by_folds(dealt: pl.DataFrame, split: Split, seed: int) -> tuple[dict[str, str], dict[str, int]]:
    units = _units(dealt)
    if split.folds > len(units):
        raise WrongUse(
            f"{split.folds} folds cannot be dealt from {len(units)} groups ({_listed(u.name for u in units)}).",
            "Lower data.split.folds, or group by something finer with data.split.group_by.",
        )
    numbers = range(1, split.folds + 1)
    folds = {
        unit: int(fold)
        for unit, fold in deal(units, {str(n): 1 / split.folds for n in numbers}, seed).items()
    }
    return _rotated(folds, split), folds


def _as_given(dealt: pl.DataFrame, split: Split) -> dict[str, str]:
    if homeless := dealt.filter(pl.col("fold").is_null())["id"].sort().to_list():
        raise WrongUse(
            f"{len(homeless)} of {len(dealt)} recordings come without a fold, {homeless[0]} first.",
            "Give them one, or choose another data.split.method.",
        )
    folds: dict[str, int] = {}
    for unit, fold in dealt.select("unit", "fold").unique().sort("unit", "fold").iter_rows():
        if folds.setdefault(unit, fold) != fold:
            raise WrongUse(
                f"{unit} is in the given folds {folds[unit]} and {fold}, so the test would hear what was trained on.",
                "Mend the folds, or let Silencio deal them: data.split.method=folds.",
            )
    return _rotated(folds, split)


def _rotated(folds: Mapping[str, int], split: Split) -> dict[str, str]:
    """One fold is tested, the next validates if any does, and after the last comes the first."""
    there = sorted(set(folds.values()))
    if split.fold not in there:
        raise WrongUse(
            f"There is no fold {split.fold} to test: the folds are {', '.join(map(str, there))}.",
            "Name one of them as data.split.fold.",
        )
    if len(there) < 3:
        raise WrongUse(
            f"{len(there)} folds are one to test, one to validate and none to train on.",
            "Take at least 3 folds, or choose another data.split.method.",
        )
    parts = {split.fold: "test"}
    if split.validation:
        parts[there[(there.index(split.fold) + 1) % len(there)]] = "validation"
    return {unit: parts.get(fold, "train") for unit, fold in folds.items()}


def _leaving_one_out(dealt: pl.DataFrame, split: Split, seed: int) -> dict[str, str]:
    """The validation share is of all recordings, as elsewhere, though it comes from the rest."""
    names = {str(split.held_out), f"{split.group_by}:{split.held_out}"}
    held_out = set(dealt.filter(pl.col("group").is_in(names))["unit"])
    if not held_out:
        raise WrongUse(
            f"There is no group {split.held_out} to hold out: the groups are {_listed(dealt['group'])}.",
            "Name one of them as data.split.held_out.",
        )
    return dict.fromkeys(held_out, "test") | _rest(
        dealt.filter(~pl.col("unit").is_in(held_out)), dealt, split, seed
    )


def _by_time(dealt: pl.DataFrame, split: Split, seed: int) -> dict[str, str]:
    """Whole units by the median of their times, the newest to the test; undated ones are trained on."""
    ages = (
        dealt.group_by("unit")
        .agg(
            at=pl.col("recorded_at").median(),
            dated=pl.col("recorded_at").count(),
        )
        .filter(pl.col("dated") > 0)
        .sort("at", "unit", descending=True)
    )
    if not len(ages):
        raise WrongUse(
            f"None of {len(dealt)} recordings says when it was made.",
            "Add their times to the data set, or choose another data.split.method.",
        )
    # A unit goes where most of it would: it is new if the boundary lies behind its middle.
    middle = ages["dated"].cum_sum() - ages["dated"] / 2
    newest = set(ages.filter(middle <= split.newer * int(ages["dated"].sum()))["unit"]) or {ages["unit"][0]}
    undated = set(dealt["unit"]) - set(ages["unit"])
    rest = dealt.filter(~pl.col("unit").is_in(newest))
    return dict.fromkeys(newest, "test") | _rest(rest, dealt, split, seed, dict.fromkeys(undated, "train"))


def _rest(
    rest: pl.DataFrame, whole: pl.DataFrame, split: Split, seed: int, fixed: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What is not tested, dealt to train and validation."""
    if not len(rest):
        return {}
    validation = split.validation * len(whole) / len(rest)
    if validation >= 1:
        raise WrongUse(
            f"Of {len(whole)} recordings {len(rest)} are not tested: fewer than the validation share of"
            f" {split.validation:.0%}.",
            "Lower data.split.validation, or test on less.",
        )
    return deal(
        _units(rest), _some({"train": 1 - validation, "validation": validation}), seed, "train", fixed
    )


def _sites(dealt: pl.DataFrame) -> set[str]:
    """Units with recordings that are labelled in time."""
    return set(dealt.filter(pl.col("labelled") == "timed")["unit"])


def _units(dealt: pl.DataFrame) -> list[Unit]:
    recordings: Counter[str] = Counter()
    amounts: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for unit, primary, secondary in dealt.select("unit", "primary_label", "secondary_labels").iter_rows():
        recordings[unit] += 1
        if primary is not None:
            amounts[unit][primary] += 1
        for label in {*(secondary or ())} - {primary}:
            amounts[unit][label] += BACKGROUND
    return [Unit(name, count, amounts[name]) for name, count in recordings.items()]


def _some(shares: Mapping[str, float]) -> dict[str, float]:
    """A part that is to hold nothing is not dealt to."""
    return {part: share for part, share in shares.items() if share}


def _listed(names: Iterable[str]) -> str:
    there = sorted(set(names))
    return ", ".join(there[:NAMED]) + (f" and {len(there) - NAMED} more" if len(there) > NAMED else "")
