"""Registered bundles, as many as a test wants."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle, write_contents
from silencio.optimize.export import export
from silencio.registry.record import PromotionRecord
from silencio.registry.runs import Runs
from silencio.registry.versions import Registry, Version
from silencio.training.checkpoint import Checkpoint
from silencio.training.tracker import Described
from tests.bundles import TONES, make_bundle


def bundle_of(checkpoint: Checkpoint, folder: Path, exported: bool = False) -> Bundle:
    """One that says which checkpoint it is of. It only hears what the checkpoint does if it is to be `exported`."""
    facts = {
        "run": checkpoint.facts["run"],
        "run_id": checkpoint.facts["run_id"],
        "catalog": "c" * 64,
        "commit": "unknown",
        "variant": "fp32",
        "map": 0.7,
        "checkpoint": checkpoint.handover.digest,
        "champion": None,
    }
    if not exported:
        shift = int(checkpoint.handover.digest[:4], 16) / 1000
        return make_bundle(folder, {code: hertz + shift for code, hertz in TONES.items()}, facts=facts)
    folder.mkdir(parents=True)
    front_end = checkpoint.experiment.audio
    export(checkpoint.model(), np.zeros((2, *front_end.shape), np.float32), folder / "model.onnx")
    write_contents(folder, checkpoint.species, {s.code: 0.5 for s in checkpoint.species}, front_end)
    return Bundle(seal(folder, Kind.BUNDLE, facts))


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
