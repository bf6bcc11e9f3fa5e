"""The species of a data set, from its taxonomy.csv."""

from pathlib import Path

from silencio.data.readers.tables import read_table
from silencio.data.species import Species

TAXONOMY = "taxonomy.csv"
COLUMNS = ("primary_label", "common_name", "scientific_name", "class_name")


def read_species(root: Path) -> tuple[Species, ...]:
    """In the order of their codes; of two rows of one code, the first."""
    table = read_table(root / TAXONOMY, COLUMNS).drop_nulls("primary_label").fill_null("")
    table = table.unique("primary_label", keep="first", maintain_order=True)
    return tuple(Species(*row) for row in table.sort("primary_label").iter_rows())
