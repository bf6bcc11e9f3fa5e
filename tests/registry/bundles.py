"""Registered bundles, as many as a test wants."""

from dataclasses import dataclass
from pathlib import Path

from silencio.optimize.bundle import Bundle
from silencio.registry.record import PromotionRecord
from silencio.registry.runs import Runs
from silencio.registry.versions import Registry, Version
from silencio.training.tracker import Described
from tests.bundles import TONES, make_bundle


@dataclass
class Shelf:
    registry: Registry
    record: PromotionRecord
    runs: Runs
    folder: Path
    made: int = 0

    def bundle(self) -> Bundle:
        """Another one each time, from a run of its own."""
        self.made += 1
        with self.runs.open(f"{self.registry.model}-{self.made}", Described("small")) as run:
            facts = {
                "run": run.key,
                "run_id": run.run_id,
                "catalog": "c" * 64,
                "commit": "unknown",
                "map": 0.7,
                "checkpoint": str(self.made),
                "champion": None,
            }
        tones = {code: hertz + self.made for code, hertz in TONES.items()}
        return make_bundle(self.folder / f"bundle{self.made}", tones, facts=facts)

    def version(self) -> tuple[Version, Bundle]:
        bundle = self.bundle()
        return self.registry.register(bundle), bundle
