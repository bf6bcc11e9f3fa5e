"""The species that a catalog, a model and a bundle speak of, in the order of the model's classes."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

SCHEMA = pl.Schema(
    {
        "code": pl.String(),
        "common_name": pl.String(),
        "scientific_name": pl.String(),
        "class_name": pl.String(),
    }
)


@dataclass(frozen=True)
class Species:
    code: str
    common_name: str
    scientific_name: str
    class_name: str
    """Aves, Amphibia, Mammalia or Insecta."""


def write_species(species: tuple[Species, ...], path: Path) -> None:
    pl.DataFrame([vars(s) for s in species], schema=SCHEMA).write_csv(path)


def read_species(path: Path) -> tuple[Species, ...]:
    return tuple(Species(**row) for row in pl.read_csv(path, schema=SCHEMA).iter_rows(named=True))
