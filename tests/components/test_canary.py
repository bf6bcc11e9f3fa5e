"""`canary`"""

import json

import pytest

from components.canary import canary
from components.receipts import read_gates
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.router import Track
from silencio.steps import build
from tests.components.conftest import Desk, Workshop


@pytest.mark.slow
def test_a_staged_version_gets_its_share_and_is_judged(
    release_desk: Desk, staged: Version, workshop: Workshop
) -> None:
    gates = release_desk.artifact("gates")
    recordings = json.dumps([str(path) for path in build.unseen_recordings(workshop.catalog)])

    said = canary.python_func(
        **release_desk.noting, version=staged.number, recordings=recordings, gates=gates
    )

    assert said == "pass"
    assert {"error rate", "p95 ms", "skew"} <= {gate.name for gate in read_gates(gates)}
    assert release_desk.house.registry.get(staged.number).stage is Stage.CANARY
    assert release_desk.house.tracks.weights() == {Track.CANARY: 100}, "there is no champion beside it"
