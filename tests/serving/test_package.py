import json
from pathlib import Path

import pytest

from silencio.errors import SilencioError
from silencio.handover import Kind, seal
from silencio.identity import digest_of_files, git_commit
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.runs_on import RunsOn
from silencio.serving.package import build_image, sbom_digest, write_context
from tests.bundles import make_bundle


@pytest.fixture(scope="module")
def context(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_context(bundle.folder, tmp_path_factory.mktemp("image") / "context")


def test_the_context_holds_the_bundle_as_it_was_sealed(context: Path, bundle: Bundle) -> None:
    assert Bundle.open(context / "bundle").digest == bundle.digest


def test_the_context_holds_the_source_and_the_page_and_no_leftovers(context: Path) -> None:
    names = digest_of_files(context / "silencio")
    assert {
        "serving/app.py",
        "serving/page/index.html",
        "serving/page/recorder.js",
        "settings/site.py",
        "presets/demo.yaml",
    } <= names.keys()
    assert not [name for name in names if "__pycache__" in name]


def test_the_image_needs_neither_torch_nor_mlflow(context: Path) -> None:
    needed = (context / "requirements.txt").read_text()
    assert [name for name in ("onnxruntime", "fastapi", "torch", "mlflow") if name in needed] == [
        "onnxruntime",
        "fastapi",
    ]


def test_the_image_has_openvino_only_where_its_bundle_runs_on_it(context: Path, tmp_path: Path) -> None:
    assert "openvino" not in (context / "requirements.txt").read_text()
    folder = make_bundle(tmp_path / "bundle").folder
    RunsOn("openvino", "bf16").write(folder / "engine.json")
    seal(folder, Kind.BUNDLE)
    assert "openvino==" in (write_context(folder, tmp_path / "context") / "requirements.txt").read_text()


def test_the_label_names_bundle_and_commit(context: Path, bundle: Bundle) -> None:
    text = (context / "Containerfile").read_text()
    assert f'silencio.bundle="{bundle.digest}"' in text
    assert f'image.revision="{git_commit()}"' in text


def test_the_list_of_what_is_in_it_goes_with_the_image_and_its_label_tells_it_from_others(
    context: Path, bundle: Bundle
) -> None:
    listed = json.loads((context / "sbom.json").read_text())
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "silencio")
    assert (context / "bundle/sbom.json").read_bytes() == (context / "sbom.json").read_bytes()
    assert sbom_digest(context) == f"sha256:{bundle.handover.files['sbom.json']}"
    assert f'silencio.sbom="{sbom_digest(context)}"' in (context / "Containerfile").read_text()


def test_the_image_runs_without_root_and_the_bundle_is_its_last_copy(context: Path) -> None:
    lines = (context / "Containerfile").read_text().splitlines()
    steps = [line.split() for line in lines if line.split(" ")[0] in ("COPY", "USER", "CMD")]
    assert [step[0] for step in steps] == ["COPY", "USER", "CMD", "COPY", "COPY"]
    assert steps[1][1] not in ("0", "root")
    assert steps[-1][1] == "bundle"


def test_the_same_bundle_gives_the_same_context(context: Path, bundle: Bundle, tmp_path: Path) -> None:
    again = write_context(bundle.folder, tmp_path / "again")
    assert digest_of_files(again) == digest_of_files(context)


def test_a_new_bundle_changes_nothing_before_its_own_layer(context: Path, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "bundle", tones={"antshr1": 900.0, "frogli1": 1_200.0, "howmon1": 200.0})
    ours, theirs = (
        digest_of_files(context),
        digest_of_files(write_context(other.folder, tmp_path / "context")),
    )
    differing = {name.split("/")[0] for name in ours if ours[name] != theirs[name]}
    assert differing == {"bundle", "Containerfile"}


def test_a_folder_in_use_is_not_written_into(context: Path, bundle: Bundle) -> None:
    with pytest.raises(SilencioError, match="not empty"):
        write_context(bundle.folder, context)


def test_without_buildah_the_context_is_handed_over_and_why(
    context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    image = build_image(context, "silencio:test")
    assert (image.digest, image.context) == (None, context)
    assert "buildah is not installed" in image.note
    assert image.sbom == sbom_digest(context)
