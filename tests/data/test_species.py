"""Species keep their names and their order on disk."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from silencio.data.species import Species, read_species, write_species

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
SPECIES = st.lists(st.builds(Species, TEXT, TEXT, TEXT, TEXT)).map(tuple)


@given(SPECIES)
def test_species_are_read_as_they_were_written(species: tuple[Species, ...]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "species.csv"

        write_species(species, path)

        assert read_species(path) == species


def test_a_code_of_digits_stays_a_text(tmp_path: Path) -> None:
    species = (Species("0042", "Zorro", "Lycalopex", "Mammalia"), Species("1e5", "Rana", "Boana", "Amphibia"))

    write_species(species, tmp_path / "species.csv")

    assert read_species(tmp_path / "species.csv") == species
