"""From a checkpoint to a bundle, on windows so small that all of it takes seconds."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from silencio.data.windows.store import Windows
from silencio.errors import GateRefused, WrongUse
from silencio.evaluation.exam import Exam
from silencio.evaluation.judged import judged_on
from silencio.evaluation.run import checkpoint_scores
from silencio.optimize.bundle import Bundle
from silencio.optimize.makers.material import Maker, Material, calibration_windows
from silencio.optimize.making import MAKERS
from silencio.optimize.rows import Outcome, Table
from silencio.optimize.run import material_of, optimize
from silencio.optimize.search import Chosen, Search
from silencio.progress import Progress
from silencio.registry.runs import Runs
from silencio.settings import Experiment, Site
from silencio.training.checkpoint import Checkpoint
from silencio.training.run import train
from silencio.workspace import Workspace
from tests.stores import make_catalog, make_experiment, make_windows

INSECT = 1
"""The cricket's column."""


@dataclass(frozen=True)
class Trained:
    windows: Windows
    checkpoint: Checkpoint
    workspace: Workspace

    def bundle(self, experiment: Experiment) -> Bundle:
        return Bundle(
            optimize(
                experiment, make_catalog(self.windows), self.windows, self.checkpoint, self.workspace, None
            )
        )

    def exam(self, experiment: Experiment) -> Exam:
        return Exam.of(experiment, make_catalog(self.windows), self.windows, self.workspace)


@dataclass(frozen=True)
class Searcher:
    """Searches anew, from what was exported once."""

    trained: Trained
    material: Material
    folder: Path

    def __call__(
        self,
        experiment: Experiment,
        makers: Mapping[str, Maker] = MAKERS,
        tell: Callable[[Progress], None] = lambda progress: None,
    ) -> Chosen:
        exam = self.trained.exam(experiment)
        windows = self.trained.windows
        return Search(exam, windows, self.material, None, self.folder, tell=tell, makers=makers).run()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("optimize")
    windows, workspace = make_windows(folder / "windows"), Workspace(folder / "workspace")
    plain = make_experiment("model: {architecture: cnn, width: 8}")
    long = plain.model_copy(update={"training": plain.training.model_copy(update={"epochs": 12})})
    checkpoint = train(long, windows, workspace, Runs(Site(), workspace).open)
    return Trained(windows, Checkpoint(checkpoint), workspace)


@pytest.fixture(scope="module")
def material(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Material:
    experiment, folder = make_experiment(), tmp_path_factory.mktemp("material")
    material, difference = material_of(experiment, trained.windows, trained.checkpoint, folder)
    assert difference < 1e-4
    return material


@pytest.fixture
def search(trained: Trained, material: Material, tmp_path: Path) -> Searcher:
    return Searcher(trained, material, tmp_path)


@pytest.fixture(scope="module")
def bundle(trained: Trained) -> Bundle:
    return trained.bundle(make_experiment())


def asking(**changes: object) -> Experiment:
    experiment = make_experiment()
    return experiment.model_copy(update={"optimize": experiment.optimize.model_copy(update=changes)})


def test_calibration_never_sees_what_judges(trained: Trained) -> None:
    windows = trained.windows
    drawn = calibration_windows(windows, asking(calibration_windows=1000))
    judges = windows.features[np.concatenate([windows.rows("validation"), windows.rows("test")])].astype(
        np.float32
    )
    assert len(drawn) == len(windows.rows("train"))
    assert not any(np.array_equal(window, other) for window in drawn for other in judges)


def test_what_makers_are_given_is_of_training_and_what_they_may_tune_on_judges_nothing(
    trained: Trained, material: Material
) -> None:
    exam = trained.exam(make_experiment())
    train_rows = trained.windows.features[trained.windows.rows("train")].astype(np.float32)
    assert all(any(np.array_equal(window, row) for row in train_rows) for window in material.calibration)
    assert set(exam.set_on.rows).isdisjoint(exam.judged.rows)
    assert 0 <= material.map_of(material.exported) <= 1


def test_the_bundle_holds_all_that_is_served_read_and_audited(bundle: Bundle) -> None:
    assert {p.name for p in bundle.folder.iterdir()} == {
        "model.onnx",
        "engine.json",
        "labels.csv",
        "thresholds.json",
        "frontend.json",
        "report",
        "model_card.md",
        "sbom.json",
        "variants.json",
        "manifest.json",
    }
    assert {"report.html", "pareto.svg"} <= {p.name for p in (bundle.folder / "report").iterdir()}
    sbom = json.loads((bundle.folder / "sbom.json").read_text())
    named = {component["name"] for component in sbom["components"]}
    assert {"fastapi", "onnxruntime", "numpy"} <= named
    assert "torch" not in named


def test_the_card_says_what_it_is_for_how_it_runs_and_on_what_data(bundle: Bundle) -> None:
    card = (bundle.folder / "model_card.md").read_text()
    row = Table.read(bundle.folder).chosen
    for said in (
        "Use it for",
        "Do not use it for",
        "Limits",
        bundle.facts["catalog"],
        row.variant,
        row.engine,
    ):
        assert said in card
    assert bundle.facts["chosen_because"] in card
    assert bundle.facts["machine"] in card


def test_the_bundle_says_on_which_engine_it_runs_and_answers_on_it(bundle: Bundle, trained: Trained) -> None:
    facts = bundle.facts
    assert (facts["engine"], facts["precision"]) == (bundle.runs_on.engine, bundle.runs_on.precision)
    windows = trained.windows.features[:5].astype(np.float32)
    assert bundle.model().probabilities(windows).shape == (5, 3)


def test_a_chosen_openvino_variant_is_what_the_bundle_serves(trained: Trained) -> None:
    bundle = trained.bundle(asking(variants=("openvino_fp32",)))
    assert (bundle.runs_on.engine, bundle.runs_on.precision) == ("openvino", "fp32")
    sbom = json.loads((bundle.folder / "sbom.json").read_text())
    assert "openvino" in {component["name"] for component in sbom["components"]}
    judged = judged_on(trained.windows, "test")
    said = bundle.model().probabilities(trained.windows.features[judged.rows].astype(np.float32))
    np.testing.assert_allclose(
        said, checkpoint_scores(trained.checkpoint, trained.windows, judged), atol=1e-4
    )


def test_thresholds_keep_false_alarms_on_validation_rare(bundle: Bundle, trained: Trained) -> None:
    judged = judged_on(trained.windows, "validation")
    said = bundle.model().probabilities(trained.windows.features[judged.rows].astype(np.float32))
    wrong = ((said >= bundle.thresholds) & ~judged.truth.targets).sum(axis=0)
    assert (wrong <= 0.01 * (~judged.truth.targets).sum(axis=0)).all()


def test_a_model_over_its_budget_is_not_chosen(search: Searcher) -> None:
    with pytest.raises(GateRefused, match=r"fp32: size in MB on overall: .* is above 0\.010"):
        search(asking(variants=("fp32",), size_mb=0.01))


def test_a_model_too_slow_for_this_machine_is_not_chosen(search: Searcher) -> None:
    with pytest.raises(GateRefused, match=r"fp32: windows a second on overall: .* is below"):
        search(asking(variants=("fp32",), windows_per_second=1e9))


def test_without_a_validation_part_there_are_no_thresholds_and_so_nothing_to_serve(
    trained: Trained, tmp_path: Path
) -> None:
    nobody = make_windows(tmp_path / "windows", parts={"train": 36, "test": 24})
    with pytest.raises(WrongUse, match=r"these windows have none\. Give data\.split\.validation a share"):
        optimize(make_experiment(), nobody.handover, nobody, trained.checkpoint, trained.workspace, None)


def test_scores_of_a_checkpoint_are_probabilities(trained: Trained) -> None:
    judged = judged_on(trained.windows, "test")
    scores = checkpoint_scores(trained.checkpoint, trained.windows, judged)
    assert scores.shape == judged.truth.targets.shape
    assert scores.min() >= 0
    assert scores.max() <= 1


def deafened(material: Material, path: Path) -> None:
    """A quantization that spoils one class: the cricket is told from what the frog is told from."""
    model = onnx.load(material.exported)
    for initializer in model.graph.initializer:
        weights = numpy_helper.to_array(initializer)
        if weights.shape[:1] == (3,) or (weights.shape[-1:] == (3,) and weights.ndim == 2):
            spoiled = weights.copy()
            columns = spoiled if weights.shape[0] == 3 else spoiled.T
            columns[INSECT] = -columns[INSECT]
            initializer.CopyFrom(numpy_helper.from_array(spoiled, initializer.name))
    onnx.save(model, path)


def test_a_quantization_that_hurts_one_slice_is_refused_by_that_slice(search: Searcher) -> None:
    experiment = asking(variants=("fp32", "ort_static"), map_loss=1.0, slice_loss=0.02)

    chosen = search(experiment, {**MAKERS, "ort_static.onnx": deafened})

    rows = {row.variant: row for row in chosen.table.rows}
    assert chosen.row.variant == "fp32"
    assert rows["ort_static"].outcome is Outcome.REFUSED
    assert rows["ort_static"].worst_loss[0] == "Insects"
    assert "mAP lost against fp32 on insects" in rows["ort_static"].reason


def no_numbers(material: Material, path: Path) -> None:
    model = onnx.load(material.exported)
    weights = max(model.graph.initializer, key=lambda i: len(i.raw_data))
    spoiled = np.full_like(numpy_helper.to_array(weights), np.nan)
    weights.CopyFrom(numpy_helper.from_array(spoiled, weights.name))
    onnx.save(model, path)


def test_a_variant_whose_answers_are_no_numbers_is_refused_and_the_search_goes_on(search: Searcher) -> None:
    experiment = asking(variants=("fp32", "ort_static"))

    chosen = search(experiment, {**MAKERS, "ort_static.onnx": no_numbers})

    refused = next(row for row in chosen.table.rows if row.variant == "ort_static")
    assert refused.outcome is Outcome.REFUSED
    assert "72 of 72 answers are no numbers" in refused.reason
    assert chosen.row.variant == "fp32"


def broken(material: Material, path: Path) -> None:
    raise ValueError("the graph\nhas a hole")


def test_what_cannot_be_made_or_run_here_is_left_out_by_name_with_the_reason(search: Searcher) -> None:
    experiment = asking(variants=("cuda", "ort_static", "fp32"))

    chosen = search(experiment, {**MAKERS, "ort_static.onnx": broken})

    said = {row.variant: (row.outcome, row.reason) for row in chosen.table.rows}
    assert said["ort_static"] == (Outcome.LEFT_OUT, "It could not be made: the graph has a hole")
    outcome, reason = said["cuda"]
    assert outcome in (Outcome.LEFT_OUT, Outcome.ONLY_MEASURED)
    assert "CUDAExecutionProvider" in reason or "processors" in reason
    assert chosen.row.variant == "fp32"


def test_torchscript_is_measured_and_never_served(search: Searcher) -> None:
    with pytest.raises(GateRefused, match="torchscript: It is only measured: its archive holds pickles"):
        search(asking(variants=("torchscript",)))


class Killed(Exception):
    pass


def test_killed_in_mid_search_it_makes_and_measures_nothing_again(search: Searcher) -> None:
    experiment = asking(variants=("fp32", "ort_static", "torchscript"))

    def killed_while_judging(progress: Progress) -> None:
        if "judged" in progress.what:
            raise Killed

    def never(material: Material, path: Path) -> None:
        raise AssertionError(f"{path} is there already")

    def written() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in search.folder.iterdir()}

    with pytest.raises(Killed):
        search(experiment, tell=killed_while_judging)
    before, told = written(), []
    chosen = search(experiment, dict.fromkeys(MAKERS, never), lambda progress: told.append(progress.what))

    assert written() == before
    assert {"ort_static.onnx", "torchscript.pt", "measured.json"} <= before.keys()
    assert not [what for what in told if what.startswith("measurements")]
    assert all(row.outcome is not Outcome.LEFT_OUT for row in chosen.table.rows)
