import json
from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.audio.pictures import as_pictures
from silencio.data.windows.store import Windows
from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.judged import judged_on
from silencio.evaluation.run import checkpoint_scores
from silencio.optimize.bundle import Bundle
from silencio.optimize.export import export
from silencio.optimize.quantize import QUANTIZERS
from silencio.optimize.run import calibration_windows, optimize
from silencio.optimize.session import OnnxModel
from silencio.registry.runs import Runs
from silencio.settings import Site
from silencio.training.checkpoint import Checkpoint
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.stores import make_experiment, make_windows


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Windows, Checkpoint, Workspace]:
    folder = tmp_path_factory.mktemp("optimize")
    windows, workspace = make_windows(folder / "windows"), Workspace(folder / "workspace")
    return (
        windows,
        Checkpoint(train(make_experiment(), windows, workspace, Runs(Site(), workspace).open)),
        workspace,
    )


@pytest.fixture(scope="module")
def exported(
    trained: tuple[Windows, Checkpoint, Workspace], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    windows, checkpoint, _ = trained
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export(checkpoint.model(), windows.features[:8].astype(np.float32), path)
    return path


def test_the_exported_model_equals_torch(
    trained: tuple[Windows, Checkpoint, Workspace], exported: Path
) -> None:
    windows, checkpoint, _ = trained
    pictures = windows.features[8:29].astype(np.float32)
    with torch.inference_mode():
        expected = checkpoint.model()(torch.from_numpy(as_pictures(pictures))).numpy()
    np.testing.assert_allclose(OnnxModel(exported).logits(pictures), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(QUANTIZERS))
def test_a_quantized_model_is_a_third_of_the_size_and_says_nearly_the_same(
    name: str, trained: tuple[Windows, Checkpoint, Workspace], exported: Path, tmp_path: Path
) -> None:
    windows, _, _ = trained
    QUANTIZERS[name](exported, calibration_windows(windows, make_experiment()), tmp_path / "int8.onnx")
    pictures = windows.features[:].astype(np.float32)
    full = OnnxModel(exported).logits(pictures)
    small = OnnxModel(tmp_path / "int8.onnx").logits(pictures)
    assert (tmp_path / "int8.onnx").stat().st_size < exported.stat().st_size / 3
    assert np.corrcoef(full.ravel(), small.ravel())[0, 1] > 0.9


def test_calibration_never_sees_what_judges(trained: tuple[Windows, Checkpoint, Workspace]) -> None:
    windows, _, _ = trained
    drawn = calibration_windows(windows, make_experiment())
    train_rows = windows.features[windows.rows("train")].astype(np.float32)
    assert all(any(np.array_equal(window, row) for row in train_rows) for window in drawn)


@pytest.fixture(scope="module")
def bundle(trained: tuple[Windows, Checkpoint, Workspace]) -> Bundle:
    windows, checkpoint, workspace = trained
    return Bundle(optimize(make_experiment(), windows, checkpoint, workspace, None))


def test_the_bundle_holds_all_that_is_served_read_and_audited(bundle: Bundle) -> None:
    assert {p.name for p in bundle.folder.iterdir()} == {
        "model.onnx",
        "labels.csv",
        "thresholds.json",
        "frontend.json",
        "report",
        "model_card.md",
        "sbom.json",
        "variants.json",
        "manifest.json",
    }
    sbom = json.loads((bundle.folder / "sbom.json").read_text())
    named = {component["name"] for component in sbom["components"]}
    assert {"fastapi", "onnxruntime", "numpy"} <= named
    assert "torch" not in named


def test_the_fastest_variant_that_passes_is_chosen(bundle: Bundle) -> None:
    variants = json.loads((bundle.folder / "variants.json").read_text())
    passing = [v for v in variants if v["verdict"] == "pass"]
    assert bundle.facts["variant"] == min(passing, key=lambda v: v["latency_ms"])["variant"]


def test_thresholds_keep_false_alarms_on_validation_rare(
    bundle: Bundle, trained: tuple[Windows, Checkpoint, Workspace]
) -> None:
    judged = judged_on(trained[0], "validation")
    said = bundle.model().probabilities(trained[0].features[judged.rows].astype(np.float32))
    wrong = ((said >= bundle.thresholds) & ~judged.truth.targets).sum(axis=0)
    assert (wrong <= 0.01 * (~judged.truth.targets).sum(axis=0)).all()


def test_quantization_that_costs_too_much_is_not_chosen(
    trained: tuple[Windows, Checkpoint, Workspace],
) -> None:
    windows, checkpoint, workspace = trained
    strict = make_experiment()
    tight = strict.model_copy(update={"optimize": strict.optimize.model_copy(update={"size_mb": 0.5})})
    with pytest.raises(GateRefused, match=r"fp32: size in MB on overall: .* is above 0\.500"):
        optimize(tight, windows, checkpoint, workspace, None)


def test_without_a_validation_part_there_are_no_thresholds_and_so_nothing_to_serve(
    trained: tuple[Windows, Checkpoint, Workspace], tmp_path: Path
) -> None:
    _, checkpoint, workspace = trained
    nobody = make_windows(tmp_path / "windows", parts={"train": 36, "test": 24})
    with pytest.raises(WrongUse, match=r"these windows have none\. Give data\.split\.validation a share"):
        optimize(make_experiment(), nobody, checkpoint, workspace, None)


def test_scores_of_a_checkpoint_are_probabilities(trained: tuple[Windows, Checkpoint, Workspace]) -> None:
    windows, checkpoint, _ = trained
    judged = judged_on(windows, "test")
    scores = checkpoint_scores(checkpoint, windows, judged)
    assert scores.shape == judged.truth.targets.shape
    assert scores.min() >= 0
    assert scores.max() <= 1
