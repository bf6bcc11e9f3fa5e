"""A store with an older and a newer era, and with soundscapes that nobody labelled; small networks to learn from it."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import yaml

from silencio.data.species import Species, write_species
from silencio.data.windows.store import Windows
from silencio.handover import Kind, open_handover, seal
from silencio.settings import Experiment, Training
from tests.stores import FRONT_END, make_experiment, make_windows

NUMBER = pl.col("recording").str.extract(r"(\d+)").cast(pl.Int32)
NEWER = NUMBER % 3 == 2
"""A third of the recordings of each part."""


def store_of_eras(folder: Path, unlabelled: bool = False) -> Windows:
    """Made unless it is there. Recordings 0, 3, … nobody dated; with `unlabelled`, the last 6 of training are."""
    if (folder / "manifest.json").exists():
        return Windows(open_handover(folder, Kind.WINDOWS))
    era = pl.when(NEWER).then(pl.lit("newer")).when(NUMBER % 3 == 1).then(pl.lit("older"))
    columns = {"era": era}
    if unlabelled:
        nobody = (pl.col("part") == "train") & (NUMBER >= 12)
        columns["part"] = pl.when(nobody).then(pl.lit("unlabelled")).otherwise("part")
        columns["labels"] = pl.when(nobody).then([]).otherwise("labels")
    return altered(make_windows(folder), columns)


def altered(
    windows: Windows, columns: Mapping[str, pl.Expr], species: tuple[Species, ...] | None = None
) -> Windows:
    """The store, sealed again."""
    folder = windows.handover.folder
    index = windows.index.with_columns(**columns).cast(dict(windows.index.schema))
    index.write_parquet(folder / "index.parquet")
    write_species(windows.species if species is None else species, folder / "species.csv")
    return Windows(seal(folder, Kind.WINDOWS, windows.handover.facts))


def small(training: str = "", model: str = "{architecture: cnn, width: 4}") -> Experiment:
    """`training` in YAML, without the braces; the front end is the store's."""
    base = "epochs: 3, batch_size: 12, threads: 1, optimizer: Adam, learning_rate: 0.003"
    asked = yaml.safe_load(f"{{{base}}}") | yaml.safe_load(f"{{{training}}}")
    fixed = make_experiment(f"audio: {FRONT_END.model_dump_json()}\nmodel: {model}\n")
    return fixed.model_copy(update={"training": Training.model_validate(asked)})
