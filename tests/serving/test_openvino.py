"""A bundle that runs on OpenVINO is served as any other."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from silencio.data.species import Species
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.by_openvino import lacks
from silencio.optimize.engines.runs_on import RunsOn
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.settings import Serving
from tests.bundles import SPECIES, make_bundle, tone


@pytest.mark.skipif(bool(lacks()), reason=lacks())
@pytest.mark.parametrize("species", SPECIES, ids=lambda s: s.code)
def test_it_hears_what_its_model_hears(species: Species, tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle").folder
    RunsOn("openvino", "fp32").write(folder / "engine.json")
    seal(folder, Kind.BUNDLE, {"architecture": "tones"})
    with TestClient(create_app(Service.of(Bundle.open(folder), Serving(), None))) as client:
        answer = client.post("/v1/identify", content=tone(species.code)).json()
    assert [heard["code"] for heard in answer["species"]] == [species.code]
