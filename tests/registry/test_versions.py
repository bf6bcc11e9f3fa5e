import shutil

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from silencio.errors import SilencioError
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from tests.registry.bundles import Shelf


def test_a_bundle_is_registered_once(shelf: Shelf) -> None:
    bundle = shelf.bundle()
    first, second = shelf.registry.register(bundle), shelf.registry.register(bundle)
    assert first == second
    assert first.number == "1"
    assert first.stage is Stage.CANDIDATE


def test_each_bundle_is_a_version_and_the_last_one_is_known(shelf: Shelf) -> None:
    assert shelf.registry.latest() is None
    one, two = shelf.version()[0], shelf.version()[0]
    assert [v.number for v in shelf.registry.versions()] == ["1", "2"]
    assert shelf.registry.latest() == two
    assert shelf.registry.with_bundle(one.bundle_digest) == one


def test_a_version_is_fetched_as_it_was_registered(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    fetched = shelf.registry.fetch(version)
    assert fetched.digest == bundle.digest
    assert fetched.folder != bundle.folder
    assert fetched.species == bundle.species


def test_changed_artifacts_are_refused(shelf: Shelf) -> None:
    version, _ = shelf.version()
    fetched = shelf.registry.fetch(version)
    (fetched.folder / "labels.csv").write_text("code,common_name,scientific_name,class_name\n")
    with pytest.raises(SilencioError, match=r"labels\.csv was changed"):
        shelf.registry.fetch(version)
    shutil.rmtree(fetched.folder)


def test_a_stage_has_one_holder_and_a_version_one_stage(shelf: Shelf) -> None:
    one, two = shelf.version()[0], shelf.version()[0]
    assert shelf.registry.at(Stage.PRODUCTION) is None
    shelf.registry.set_stage(one, Stage.STAGING)
    shelf.registry.set_stage(one, Stage.PRODUCTION)
    assert shelf.registry.at(Stage.STAGING) is None
    shelf.registry.set_stage(two, Stage.PRODUCTION)
    holder = shelf.registry.at(Stage.PRODUCTION)
    assert holder is not None
    assert (holder.number, holder.stage) == ("2", Stage.PRODUCTION)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_classic_stage_follows(shelf: Shelf) -> None:
    version, _ = shelf.version()
    shelf.registry.set_stage(version, Stage.PRODUCTION)
    found = shelf.runs.client.get_model_version(version.model, version.number)
    assert found.current_stage == "Production"
    assert found.tags["silencio.stage"] == "production"


def test_an_unknown_number_is_an_error_that_says_where_to_look(shelf: Shelf) -> None:
    shelf.version()
    with pytest.raises(SilencioError, match=r"has no version 7\. `silencio registry list`"):
        shelf.registry.get("7")


def test_a_version_is_an_onnx_model_to_mlflow_and_nothing_of_it_is_unpickled(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    version, bundle = shelf.version()
    # Said by mlflow.set_tracking_uri, it would be so for all tests that follow.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shelf.runs.uri)
    model = mlflow.pyfunc.load_model(f"models:/{version.model}/{version.number}")
    windows = np.random.default_rng(0).random((2, 1, bundle.front_end.n_mels, 100)).astype(np.float32)
    [logits] = model.predict(windows).values()
    assert np.allclose(logits, bundle.model().logits(windows), atol=1e-5)
    assert model.metadata.signature.inputs.input_names() == ["windows"]
    assert [spec.shape for spec in model.metadata.signature.outputs.inputs] == [(-1, 3)]
    files = {
        file.path.rpartition("/")[2]
        for file in shelf.runs.client.list_artifacts(version.run_id, place(version))
    }
    assert {"model.onnx", "MLmodel", "manifest.json"} <= files
    assert not [name for name in files if name.endswith((".pkl", ".pickle"))]


def place(version: Version) -> str:
    return version.source.rpartition("/")[2]


def test_a_version_says_in_its_tags_what_it_is(shelf: Shelf) -> None:
    version, bundle = shelf.version()
    told = [
        version.tag(word)
        for word in ("bundle", "catalog", "commit", "architecture", "variant", "map", "gates")
    ]
    assert told == [bundle.digest, "c" * 64, "unknown", "tones", "fp32", "0.7000", "none asked"]


def test_without_classic_stages_the_others_are_kept(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(MlflowClient, "transition_model_version_stage")
    version, _ = shelf.version()
    shelf.registry.set_stage(version, Stage.STAGING)
    assert shelf.registry.get("1").stage is Stage.STAGING
