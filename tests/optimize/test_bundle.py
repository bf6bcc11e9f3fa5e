import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from silencio.cli import app
from silencio.errors import SilencioError, WrongUse
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines import by_openvino
from silencio.optimize.engines.runs_on import RunsOn
from tests.bundles import FRONT_END, SPECIES, make_bundle


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a file in a folder of its own, as reports are."""
    folder = make_bundle(tmp_path_factory.mktemp("sealed") / "bundle").folder
    (folder / "report").mkdir()
    (folder / "report/report.json").write_text("{}\n")
    (folder / "model_card.md").write_text("# A model that hears tones\n")
    seal(folder, Kind.BUNDLE, {"architecture": "tones", "gates": [{"value": 0.5}]})
    return folder


@pytest.fixture
def folder(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "bundle"))


def test_a_bundle_opens_as_it_was_written(sealed: Path) -> None:
    bundle = Bundle.open(sealed)
    assert bundle.species == SPECIES
    assert bundle.front_end == FRONT_END
    assert bundle.runs_on == RunsOn("onnxruntime", "fp32")
    assert np.array_equal(bundle.thresholds, np.full(3, 0.5, np.float32))


@given(data=st.data())
def test_any_changed_byte_of_any_file_is_found(sealed: Path, data: st.DataObject) -> None:
    """The manifest's too, with the facts in it."""
    files = sorted(path for path in sealed.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    whole = path.read_bytes()
    place, other = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(1, 255))
    changed = bytearray(whole)
    changed[place] ^= other
    try:
        path.write_bytes(changed)
        with pytest.raises(SilencioError):
            Bundle.open(sealed)
    finally:
        path.write_bytes(whole)
    assert Bundle.open(sealed)


@pytest.mark.parametrize(
    "name", ["model.onnx", "engine.json", "labels.csv", "thresholds.json", "report/report.json"]
)
def test_a_removed_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SilencioError, match=f"{name} is missing since the bundle was sealed"):
        Bundle.open(folder)


@pytest.mark.parametrize("name", ["model.data", "report/more.html"])
def test_an_added_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("more")
    with pytest.raises(SilencioError, match=f"{name} was added since the bundle was sealed"):
        Bundle.open(folder)


def test_a_link_out_of_the_folder_is_refused_though_it_leads_to_the_same_bytes(
    folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "model.onnx"
    (folder / "model.onnx").rename(elsewhere)
    (folder / "model.onnx").symlink_to(elsewhere)
    with pytest.raises(SilencioError, match=r"model\.onnx is a link"):
        Bundle.open(folder)


def test_a_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "report").rename(tmp_path / "report")
    (folder / "report").symlink_to(tmp_path / "report")
    with pytest.raises(SilencioError, match="report is a link"):
        Bundle.open(folder)


def test_verify_says_what_was_changed_and_ends_with_an_error(folder: Path) -> None:
    command = CliRunner()
    assert command.invoke(app, ["bundle", "verify", str(folder)]).exit_code == 0
    (folder / "labels.csv").write_text("another list\n")
    refused = command.invoke(app, ["bundle", "verify", str(folder)])
    assert isinstance(refused.exception, SilencioError)
    assert "labels.csv was changed" in str(refused.exception)


def test_show_prints_the_card(folder: Path) -> None:
    shown = CliRunner().invoke(app, ["bundle", "show", str(folder)])
    assert "# A model that hears tones" in shown.stdout


def test_the_model_answers_batches_of_any_size_alike(sealed: Path) -> None:
    model = Bundle.open(sealed).model()
    windows = np.random.default_rng(0).standard_normal((37, *FRONT_END.shape)).astype(np.float32)
    together = model.probabilities(windows)
    alone = np.concatenate([model.probabilities(windows[i : i + 1]) for i in range(37)])
    assert together.shape == (37, 3)
    np.testing.assert_allclose(together, alone, atol=1e-6)


def on_openvino(folder: Path) -> Bundle:
    (folder / "engine.json").write_text(json.dumps({"engine": "openvino", "precision": "bf16"}))
    seal(folder, Kind.BUNDLE, {"architecture": "tones"})
    return Bundle.open(folder)


def test_another_engine_is_another_bundle(folder: Path) -> None:
    before = Bundle.open(folder)
    assert on_openvino(folder).digest != before.digest


def test_a_bundle_on_openvino_says_what_to_install_where_there_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = on_openvino(folder)
    monkeypatch.setattr(by_openvino, "find_spec", lambda name: None)
    with pytest.raises(WrongUse, match=r"OpenVINO is not installed here\. Install silencio\[openvino\]"):
        bundle.model()


def test_facts_that_another_hand_wrote_are_found(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["facts"]["gates"][0]["value"] = 0.9
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    with pytest.raises(SilencioError, match=r"manifest\.json was changed"):
        Bundle.open(folder)
