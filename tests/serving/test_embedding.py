"""Over somebody else's embeddings, all the way: recordings in, a service that hears what the store holds out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from silencio.audio import Features, windows_of
from silencio.data.windows.store import Windows
from silencio.errors import SilencioError, WrongUse
from silencio.evaluation.judged import judged_on
from silencio.experiment import read_experiment
from silencio.handover import Handover, Kind, seal
from silencio.identity import digest_of_file
from silencio.optimize.bundle import Bundle
from silencio.optimize.champion import champion_of
from silencio.serving.app import create_app
from silencio.serving.package import write_context
from silencio.serving.process import free_port, silencio_command, start
from silencio.serving.service import Service
from silencio.settings import Serving, Site
from silencio.steps import build
from silencio.steps.house import House
from silencio.workspace import Workspace
from tests.bundles import TONES, tone
from tests.embeddings import SIZE, write_model

RECORDISTS = ("ana", "ben", "cleo", "dora", "eli", "fay", "gil", "hal")
EXPERIMENT = """
name: pitches
data:
  source: folders
  path: raw/tones
  pattern: "(?P<recordist>[^-]+)-"
  split: {{validation: 0.25, test: 0.25, near_duplicates: report}}
audio:
  features: embedding
  sample_rate: 16000
  window_seconds: 1
  hop_seconds: 1
  embedding_model: pitches.onnx
  embedding_digest: {digest}
  embedding_size: {size}
  embedding_peak: 0.25
model: {{architecture: embedding, dropout: 0}}
training: {{epochs: 12, batch_size: 8, threads: 1}}
evaluation:
  slices: []
  minimum_windows: 2
  resamples: 20
  gates: [{{metric: map, at_least: 0.9}}]
  trials: {{windows: 4}}
  behaviour: {{same_answer: null, monotonic: null, silence: null, noise: null, false_positives: null}}
optimize: {{calibration_windows: 16, variants: [fp32], size_mb: 5}}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Tones of three species by eight recordists, and a model that hears pitches where weights lie."""
    workspace = Workspace(tmp_path_factory.mktemp("pitches") / "workspace")
    model = write_model(workspace / "raw/weights" / "pitches.onnx")
    for code in TONES:
        folder = workspace / f"raw/tones/{code}"
        for number, who in enumerate(RECORDISTS):
            (folder / f"{who}-{number}.wav").write_bytes(tone(code, seconds=2.0, seed=number))
    text = EXPERIMENT.format(digest=digest_of_file(model), size=SIZE)
    return House(read_experiment(text), Site(workspace=str(workspace.root)), workspace)


@pytest.fixture(scope="module")
def catalog(house: House) -> Handover:
    return build.ingest(house)


@pytest.fixture(scope="module")
def windows(house: House, catalog: Handover) -> Windows:
    return Windows.open(build.features(house, catalog))


@pytest.fixture(scope="module")
def bundle(house: House, catalog: Handover, windows: Windows) -> Bundle:
    checkpoint = build.train(house, windows.handover)
    report = build.evaluate(house, catalog, windows.handover, checkpoint, None)
    assert report.facts["decision"] == "pass"
    return Bundle(build.optimize(house, catalog, windows.handover, checkpoint, None))


@pytest.fixture(scope="module")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = silencio_command("serve", "--bundle", str(bundle.folder), "--port", str(port))
    process = start(command, tmp_path_factory.mktemp("service") / "log", f"{address}/readyz")
    yield address
    process.stop()


def test_a_service_hears_what_the_store_holds(
    house: House, windows: Windows, bundle: Bundle, address: str
) -> None:
    features, model = Features(bundle.front_end), bundle.model()
    for recording in windows.index["recording"].unique().sort()[:4]:
        path = house.workspace.root / "raw/tones" / recording.split("/", 1)[1]
        rows = windows.index.with_row_index("at").filter(recording=recording)["at"].to_numpy()
        heard = windows_of(path, features).features
        np.testing.assert_allclose(heard.astype(np.float16), windows.features[rows], atol=1e-5)

        said = httpx.post(f"{address}/v1/identify", content=path.read_bytes(), trust_env=False).json()

        answered = [[w["probabilities"][s.code] for s in bundle.species] for w in said["windows"]]
        np.testing.assert_allclose(answered, model.probabilities(heard), atol=1e-5)


def test_what_was_heard_is_not_heard_again_wherever_the_file_lies_now(
    house: House, catalog: Handover, windows: Windows
) -> None:
    weights = house.workspace / "raw/weights"
    (weights / "pitches.onnx").rename(weights / "moved.onnx")
    try:
        moved = house.experiment.audio.at(Path("moved.onnx"))
        experiment = house.experiment.model_copy(update={"audio": moved})
        again = build.features(House(experiment, house.site, house.workspace), catalog)
        assert again == windows.handover
        # Nobody needs the file for what is done.
        assert build.features(house, catalog) == windows.handover
    finally:
        (weights / "moved.onnx").rename(weights / "pitches.onnx")


def test_without_the_file_it_is_said_what_to_put_where(
    house: House, catalog: Handover, windows: Windows
) -> None:
    absent = house.experiment.audio.at(Path("perch.onnx")).model_copy(update={"hop_seconds": 0.5})
    experiment = house.experiment.model_copy(update={"audio": absent})
    with pytest.raises(
        WrongUse, match=r"embedding_model names perch\.onnx, and there is no such file"
    ) as refused:
        build.features(House(experiment, house.site, house.workspace), catalog)
    assert "docs/weights.md" in refused.value.remedy


def test_the_bundle_carries_the_model_and_weighs_as_much(house: House, bundle: Bundle) -> None:
    carried = bundle.folder / "embedding.onnx"
    assert digest_of_file(carried) == house.experiment.audio.embedding_digest
    both = carried.stat().st_size + (bundle.folder / "model.onnx").stat().st_size
    assert bundle.facts["size_mb"] == round(both / 2**20, 2)


def test_a_bundle_serves_from_wherever_it_is_brought(bundle: Bundle, tmp_path: Path) -> None:
    context = write_context(bundle.folder, tmp_path / "context")
    brought = Bundle.open(context / "bundle")
    assert brought.front_end.embedding_model == context / "bundle/embedding.onnx"
    sound = tone("howmon1")
    there, here = (windows_of(sound, Features(b.front_end)).features for b in (brought, bundle))
    assert np.array_equal(there, here)


def test_a_bundle_with_another_embedding_model_is_not_served(bundle: Bundle, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle.folder, folder)
    write_model(folder / "embedding.onnx", phase=1.0)
    with pytest.raises(SilencioError, match=r"embedding\.onnx was changed since the bundle was sealed"):
        Bundle.open(folder)
    resealed = Bundle(seal(folder, Kind.BUNDLE, bundle.facts))
    with pytest.raises(WrongUse, match=r"has the digest .* audio\.embedding_digest is"):
        create_app(Service.of(resealed, Serving(), None))


def test_the_champion_is_asked_with_its_own_embeddings(
    house: House, catalog: Handover, windows: Windows, bundle: Bundle
) -> None:
    """A candidate that hears the same windows is compared on the store that is there already."""
    stores = house.workspace / "processed/windows"
    before = sorted(stores.iterdir())
    judged = judged_on(windows, "test")
    said = champion_of(bundle, catalog, windows, house.workspace).scores(judged)
    expected = bundle.model().probabilities(windows.features[judged.rows].astype(np.float32))
    np.testing.assert_allclose(said, expected, atol=1e-6)
    assert sorted(stores.iterdir()) == before
