"""A fault that no offline test can see, planted to show that the canary does."""

import shutil
from pathlib import Path

from silencio.data.species import write_species
from silencio.handover import Handover, Kind
from silencio.optimize.bundle import Bundle
from silencio.workspace import Workspace


def spoiled(bundle: Bundle, workspace: Workspace) -> Handover:
    """The bundle as it would be if, after all tests, the list of species had been packed in another order.

    The service starts and answers, fast, without errors, and as its bundle says: only under wrong names.
    """

    def build(folder: Path) -> dict[str, object]:
        manifest = shutil.ignore_patterns("manifest.json")
        shutil.copytree(bundle.folder, folder, dirs_exist_ok=True, ignore=manifest)
        first, *rest = bundle.species
        write_species((*rest, first), folder / "labels.csv")
        return dict(bundle.facts)

    return workspace.produce(Kind.BUNDLE, {"bundle": bundle.digest, "spoiled": "labels.csv"}, build)
