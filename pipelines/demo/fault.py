"""A fault that no offline test can see, planted to show that the canary does."""

import shutil
from pathlib import Path

from pipelines.runs import run_promotion
from pipelines.screen import following
from silencio.data.species import write_species
from silencio.errors import GateRefused
from silencio.evaluation.gates import GateResult
from silencio.handover import Handover, Kind
from silencio.optimize.bundle import Bundle
from silencio.registry.stages import Stage
from silencio.release.promote import promote
from silencio.steps.house import House
from silencio.workspace import Workspace


def plant_a_fault(house: House, good: Bundle, approved_by: str) -> str:
    """Why the canary refused."""
    bundle = Bundle(spoiled(good, house.workspace))
    version = house.registry.with_bundle(bundle.digest) or house.registry.register(bundle)
    title = "3  A bad candidate: its species in the wrong order, packed after all tests passed"
    with following(title) as follow:
        if version.stage is Stage.ARCHIVED:
            return f"Version {version.number} was rolled back before."
        if version.stage is Stage.CANDIDATE:
            promote(
                house.registry,
                house.record,
                version,
                Stage.STAGING,
                bundle=bundle,
                gates=[GateResult.from_json(gate) for gate in good.facts["gates"]],
                reason="planted by the demo: the list of species packed in another order after all tests",
            )
        try:
            run_promotion(house, follow, approved_by, house.registry.get(version.number))
        except GateRefused as refusal:
            return refusal.problem
    raise GateRefused("The planted fault reached production.", "That is a bug: please report it.")


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
