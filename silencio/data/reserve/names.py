"""What the reserve's species are called. None of them exists, and none is meant to pass for one that does."""

# As many of one as of the other, and the half of that number divisible by no number of nouns or stems: so no
# two species of a class share a name before there are hundreds of them.
ADJECTIVES = (
    "Silent", "Unhurried", "Borrowed", "Forgetful", "Patient", "Absent", "Quizzical", "Courteous",
    "Hesitant", "Sunday", "Provisional", "Reluctant", "Candid", "Errant", "Lukewarm", "Punctual",
    "Secondhand", "Tacit", "Wistful", "Devout", "Frugal", "Idle", "Jocular", "Nimble", "Meandering",
    "Ambling",
)  # fmt: skip
EPITHETS = (
    "silens", "tarda", "mutuata", "immemor", "patiens", "absens", "curiosa", "comis", "dubia", "dominica",
    "brevis", "invita", "candida", "errans", "tepida", "exacta", "iterata", "tacita", "maesta", "pia",
    "parca", "otiosa", "iocosa", "levis", "vaga", "ambulans",
)  # fmt: skip
STEMS = (
    "Umbr", "Sil", "Ripar", "Nebul", "Ech", "Murmur", "Lucern", "Vesper", "Vall", "Sylv", "Auror",
)  # fmt: skip

NOUNS = {
    # Every third genus of birds calls at night (see species.py), and has the name of one that does.
    "Aves": ("wrenlet", "nightjar", "flycatcher", "antpitta", "potoo", "puffbird"),
    "Amphibia": ("tree frog", "stream frog", "rain frog", "rocket frog", "glass frog", "toadlet"),
    "Mammalia": ("howler", "titi", "tamarin", "squirrel", "olingo"),
    "Insecta": ("katydid", "cicada", "bush cricket", "mole cricket", "cone-head"),
}
ENDINGS = {"Aves": "ornis", "Amphibia": "ohyla", "Mammalia": "opithecus", "Insecta": "ogryllus"}


def noun(class_name: str, genus: int) -> str:
    """The kind that a genus is of: see `kinds.py`."""
    return NOUNS[class_name][genus % len(NOUNS[class_name])]


def common_name(class_name: str, genus: int, rank: int) -> str:
    """Relatives share the noun, as they do in the field guides."""
    adjective = ADJECTIVES[(rank + 6 * list(NOUNS).index(class_name)) % len(ADJECTIVES)]
    return f"{adjective} {noun(class_name, genus)}"


def scientific_name(class_name: str, genus: int, rank: int) -> str:
    epithet = EPITHETS[(rank + 6 * list(NOUNS).index(class_name)) % len(EPITHETS)]
    return f"{STEMS[genus % len(STEMS)]}{ENDINGS[class_name]} {epithet}"
