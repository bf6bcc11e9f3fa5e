"""What the champion learnt from, as far as it says whether another training would learn anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from silencio.data.catalog import Catalog
from silencio.identity import code_digest, digest_of
from silencio.settings import Experiment

SHAPING = ("audio", "data", "model", "training")
"""The sections of an experiment that shape what is learnt. The seed does not: it is another draw of the same."""
BESIDES = {
    "data": {"frogid": {"workers"}},
    "training": {"warm_start", "warm_epochs", "warm_learning_rate", "era"},
}
"""Of them: how many download at a time; and how a training begins with the champion, which is no other model."""


@dataclass(frozen=True)
class Learnt:
    release: frozenset[str]
    """What was released: the digests of its recordings' files."""
    corrections: frozenset[str]
    """The recordings that guides corrected, with what they said: another word for one is a correction, too."""
    settings: Mapping[str, str]
    """A digest of each shaping section."""
    code: Mapping[str, str]
    """Digests of the code that hears and of the code that learns."""


@dataclass(frozen=True)
class Champion:
    bundle: str
    """Its digest."""
    catalog: str
    """That it learnt from."""
    since: datetime
    """When it went into production."""
    learnt: Learnt | None
    """None where neither bundle nor workspace tell any more."""


def learnt_from(catalog: Catalog, experiment: Experiment, code: Mapping[str, str]) -> Learnt:
    rows = catalog.recordings
    guides = rows.filter(pl.col("origin") == "feedback").select("digest", "primary_label")
    return Learnt(
        release=frozenset(rows.filter(pl.col("origin") == "release")["digest"]),
        corrections=frozenset(f"{digest} {label}" for digest, label in guides.iter_rows()),
        settings=settings_of(experiment),
        code=code,
    )


def settings_of(experiment: Experiment) -> dict[str, str]:
    return {
        part: digest_of(getattr(experiment, part).model_dump(mode="json", exclude=BESIDES.get(part)))
        for part in SHAPING
    }


def code_now() -> dict[str, str]:
    return {"hears": code_digest("audio", "data"), "learns": code_digest("models", "training")}
