"""Who lives in the reserve."""

from dataclasses import dataclass
from functools import cache

from silencio.data.reserve import names
from silencio.data.reserve.dialect import Dialect, dialect
from silencio.data.reserve.repertoire import Repertoire, repertoire

CLASSES = ("Aves", "Amphibia", "Mammalia", "Insecta")
# Each dozen holds five birds, three frogs, two mammals and two insects; the first four are one of each.
DOZEN = ("Aves", "Amphibia", "Mammalia", "Insecta", "Aves", "Amphibia", "Aves", "Insecta", "Mammalia", "Aves",
         "Amphibia", "Aves")  # fmt: skip
CODES = {"Aves": "bir", "Amphibia": "fro", "Mammalia": "mam", "Insecta": "ins"}
CALL_TYPES = {"Aves": "song", "Amphibia": "advertisement call", "Mammalia": "call", "Insecta": "stridulation"}
# Far above the ids that iNaturalist has given out, so that none of ours is taken for a real taxon.
FIRST_TAXON_ID = 900_000_001


@dataclass(frozen=True)
class Species:
    code: str
    inat_taxon_id: int
    class_name: str
    scientific_name: str
    common_name: str
    call_type: str
    nocturnal: bool
    repertoire: Repertoire
    dialect: Dialect


@cache
def species_at(seed: int, index: int) -> Species:
    """The same whatever the size of the reserve. Consecutive pairs of a class are near relatives."""
    class_name = DOZEN[index % len(DOZEN)]
    rank = index // len(DOZEN) * DOZEN.count(class_name) + DOZEN[: index % len(DOZEN)].count(class_name)
    genus, kin = divmod(rank, 2)
    return Species(
        code=f"{CODES[class_name]}{rank + 1:03d}",
        inat_taxon_id=FIRST_TAXON_ID + index,
        class_name=class_name,
        scientific_name=names.scientific_name(class_name, genus, rank),
        common_name=names.common_name(class_name, genus, rank),
        call_type=CALL_TYPES[class_name],
        nocturnal=_nocturnal(class_name, genus, kin),
        repertoire=repertoire(seed, names.noun(class_name, genus), genus, kin),
        dialect=dialect(seed, class_name, genus, kin),
    )


def inhabitants(seed: int, count: int) -> tuple[Species, ...]:
    return tuple(species_at(seed, index) for index in range(count))


def strangers(seed: int, count: int) -> tuple[Species, ...]:
    """Those next door: a forest always holds a few callers that its list of species does not."""
    return tuple(species_at(seed, index) for index in range(count, count + len(DOZEN)))


def _nocturnal(class_name: str, genus: int, kin: int) -> bool:
    """Every third genus of birds and every other of frogs; mammals and insects share day and night out."""
    match class_name:
        case "Aves":
            return genus % 3 == 1
        case "Amphibia":
            return genus % 2 == 0
        case "Mammalia":
            return kin == 1
        case _:
            return kin == 0
