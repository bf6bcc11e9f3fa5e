"""Hand-overs as Kubeflow artifacts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kfp.dsl import Artifact

from silencio.handover import Handover, Kind, Receipt

if TYPE_CHECKING:
    from silencio.evaluation.gates import GateResult


def give(handover: Handover, artifact: Artifact, said: str) -> None:
    """Write the receipt, and show on Kubeflow's page what it is for and what came out."""
    receipt = handover.receipt()
    receipt.write(Path(artifact.path))
    artifact.metadata.update(digest=receipt.digest, address=receipt.address)
    say(said, artifact)
    if not handover.just_made:
        print("found done", flush=True)


def say(said: str, artifact: Artifact | None = None) -> None:
    """What came out of the step, in a sentence; the artifact carries it on to runs that find the step done."""
    print(f"result {said}", flush=True)
    if artifact is not None:
        artifact.metadata["said"] = said


def take(artifact: Artifact, kind: Kind) -> Handover:
    return Receipt.read(Path(artifact.path)).open(kind)


def open_if_any(receipt: str, kind: Kind) -> Handover | None:
    """A hand-over by its receipt's text; None for the empty one, which stands for nothing."""
    return Receipt.from_text(receipt).open(kind) if receipt else None


def write_gates(results: "Sequence[GateResult]", artifact: Artifact) -> None:
    Path(artifact.path).write_text(json.dumps([gate.to_json() for gate in results], indent=2))


def read_gates(artifact: Artifact) -> "list[GateResult]":
    # Imported where it is needed: most steps judge nothing, and a second is long for one that is done already.
    from silencio.evaluation.gates import GateResult

    return [GateResult.from_json(gate) for gate in json.loads(Path(artifact.path).read_text())]
