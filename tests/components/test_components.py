"""Each component as a plain function, without any runner, on what the walked loop left behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kfp.dsl import Artifact

import components
from components.champion import champion
from components.evaluate import evaluate
from components.features import features
from components.ingest import ingest
from components.integration_test import integration_test
from components.optimize import optimize
from components.package import package
from components.refuse import refuse
from components.register import register
from components.retrain import retrain
from components.survey import survey
from components.watch import watch
from silencio.handover import Kind, Receipt
from silencio.registry.stages import Stage
from silencio.steps import build
from tests.conftest import Walked

FILES = sorted(
    p for p in Path(components.__path__[0]).glob("*.py") if p.stem not in {"__init__", "image", "receipts"}
)
LONGEST_BODY = 25


class Desk:
    """Artifacts in a folder, and the two arguments that every component takes."""

    def __init__(self, walked: Walked, folder: Path) -> None:
        self.where = {
            "experiment": walked.house.experiment.to_yaml(),
            "workspace": str(walked.house.workspace.root),
        }
        self._folder = folder

    def artifact(self, name: str) -> Artifact:
        return Artifact(name=name, uri=str(self._folder / name))


@pytest.fixture
def desk(walked: Walked, tmp_path: Path) -> Desk:
    return Desk(walked, tmp_path)


def test_from_recordings_to_a_bundle_each_hands_over_a_receipt(
    desk: Desk, walked: Walked, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog, windows, checkpoint = (desk.artifact(n) for n in ("catalog", "windows", "checkpoint"))
    report, bundle, page = (desk.artifact(n) for n in ("report", "bundle", "page"))

    seen = survey.python_func(**desk.where, feedback=False)
    ingest.python_func(**desk.where, feedback=False, survey=seen, catalog=catalog)
    features.python_func(**desk.where, catalog=catalog, windows=windows)
    retrain.python_func(**desk.where, catalog=catalog, windows=windows, checkpoint=checkpoint)
    rival = champion.python_func(**desk.where, checkpoint=checkpoint)
    inputs = {
        **desk.where,
        "catalog": catalog,
        "windows": windows,
        "checkpoint": checkpoint,
        "champion": rival,
    }
    verdict = evaluate.python_func(
        **inputs,
        report=report,
        metrics=_Metrics(desk.artifact("metrics")),
        page=page,
        summary=desk.artifact("summary"),
    )
    optimize.python_func(**inputs, bundle=bundle)

    assert verdict == "pass"
    assert rival == "", (
        "production came from this very checkpoint: it is compared with what it was compared with"
    )
    assert "<html" in Path(page.path).read_text()
    for artifact, kind in ((catalog, Kind.CATALOG), (windows, Kind.WINDOWS), (bundle, Kind.BUNDLE)):
        handover = Receipt.read(Path(artifact.path)).open(kind)
        assert artifact.metadata["digest"] == handover.digest
    assert Receipt.read(Path(bundle.path)).digest == walked.house.registry.get("1").bundle_digest
    assert capsys.readouterr().out.count("result ") == 7


class _Metrics(Artifact):
    def __init__(self, artifact: Artifact) -> None:
        super().__init__(name=artifact.name, uri=artifact.uri)

    def log_metric(self, name: str, value: float) -> None:
        self.metadata[name] = value


def test_a_bundle_is_tested_packaged_and_registered_once(desk: Desk, walked: Walked) -> None:
    house = walked.house
    catalog, bundle, gates, image = (desk.artifact(n) for n in ("catalog", "bundle", "gates", "image"))
    build.ingest(house, with_feedback=False).receipt().write(Path(catalog.path))
    house.registry.fetch(house.registry.get("1")).handover.receipt().write(Path(bundle.path))

    tested = integration_test.python_func(**desk.where, catalog=catalog, bundle=bundle, gates=gates)
    package.python_func(**desk.where, bundle=bundle, image=image)
    number = register.python_func(**desk.where, bundle=bundle, image=image, gates=gates)

    assert tested == "pass"
    assert {gate["verdict"] for gate in json.loads(Path(gates.path).read_text())} == {"pass"}
    context = Receipt.read(Path(image.path)).open(Kind.IMAGE).folder / "context"
    assert (context / "Containerfile").exists()
    assert (context / "bundle/model.onnx").exists()
    assert number == "1"
    assert house.registry.get("1").stage is Stage.PRODUCTION, "what has gone further is left there"


def test_what_guides_corrected_is_a_reason_to_train_again_and_the_page_says_so(
    desk: Desk, tmp_path: Path
) -> None:
    outlook, page = desk.artifact("outlook"), desk.artifact("page")
    assert watch.python_func(**desk.where, outlook=outlook, page=page)
    assert [reason["why"] for reason in json.loads(Path(outlook.path).read_text())["reasons"]] == ["feedback"]
    assert "<h1>Train again</h1>" in Path(page.path).read_text()


def test_a_refusal_says_which_gate_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    refuse.python_func(gate="offline evaluation", verdict="fail")
    assert capsys.readouterr().out == "result stopped: offline evaluation said fail\n"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_component_is_thin(path: Path) -> None:
    function: Callable[..., Any] = getattr(
        __import__(f"components.{path.stem}", fromlist=["_"]), path.stem
    ).python_func
    source = path.read_text()
    assert function.__doc__
    body = source[source.index('"""', source.index("def ")) + 3 :].split('"""', 1)[1]
    assert len([line for line in body.splitlines() if line.strip()]) <= LONGEST_BODY
