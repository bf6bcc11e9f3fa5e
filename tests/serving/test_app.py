import subprocess
import sys

import numpy as np
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from silencio.audio import Features, windows_of
from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.settings import Serving
from tests.bundles import SPECIES, TONES, tone


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("code", TONES)
def test_names_the_species_that_calls(service: TestClient, code: str, kind: str) -> None:
    answer = service.post("/v1/identify", content=tone(code, 2.0, kind)).json()
    assert [s["code"] for s in answer["species"]] == [code]
    assert answer["species"][0]["starts"] == [0.0, 1.0]
    assert answer["species"][0]["confidence"] > 0.5


def test_answers_what_the_bundle_says_window_by_window(service: TestClient, bundle: Bundle) -> None:
    recording = tone("frogli1", 2.5)
    answer = service.post("/v1/identify", content=recording).json()
    expected = bundle.model().probabilities(windows_of(recording, Features(bundle.front_end)).features)
    answered = [[w["probabilities"][s.code] for s in SPECIES] for w in answer["windows"]]
    assert np.abs(np.array(answered) - expected).max() < 1e-5
    assert [(w["start"], w["end"]) for w in answer["windows"]] == [(0, 1), (1, 2), (2, 2.5)]
    assert answer["seconds"] == 2.5
    assert answer["model"] == {"digest": bundle.digest, "name": f"tones-fp32-{bundle.digest[:12]}"}


def test_a_form_is_answered_like_a_raw_body(service: TestClient) -> None:
    recording = tone("howmon1")
    raw = service.post("/v1/identify", content=recording).json()
    form = service.post("/v1/identify", files={"file": ("../../etc/howler.wav", recording)}).json()
    assert form["windows"] == raw["windows"]
    assert form["request"] != raw["request"]


def test_a_word_of_feedback_is_kept_with_its_audio(service: TestClient, store: FeedbackStore) -> None:
    recording = tone("howmon1", kind="FLAC")
    request = service.post("/v1/identify", content=recording).json()["request"]
    word = {"request": request, "species": "frogli1", "said_by": "Ana"}
    assert service.post("/v1/feedback", json=word).status_code == 201
    (correction,) = store.statements()
    assert (correction.species, correction.said_by) == ("frogli1", "Ana")
    assert correction.audio.endswith(".flac")
    assert (store.folder / "audio" / correction.audio).read_bytes() == recording


def test_feedback_on_an_unknown_request_is_refused(service: TestClient) -> None:
    word = {"request": "never-made", "species": "frogli1", "said_by": "Ana"}
    response = service.post("/v1/feedback", json=word)
    assert response.status_code == 404
    assert "never-made" in response.json()["detail"]


def test_feedback_with_an_unknown_species_names_the_near_ones(service: TestClient) -> None:
    word = {"request": "any", "species": "froglit", "said_by": "Ana"}
    response = service.post("/v1/feedback", json=word)
    assert response.status_code == 422
    assert "frogli1" in response.json()["detail"]


def test_without_a_store_nothing_is_kept(bundle: Bundle) -> None:
    with TestClient(create_app(Service.of(bundle, Serving(), None))) as service:
        request = service.post("/v1/identify", content=tone("howmon1")).json()["request"]
        word = {"request": request, "species": "frogli1", "said_by": "Ana"}
        assert service.post("/v1/feedback", json=word).status_code == 404


def test_says_which_model_it_is_and_what_it_knows(service: TestClient, bundle: Bundle) -> None:
    model = service.get("/v1/model").json()
    assert (model["digest"], model["species"], model["facts"]["variant"]) == (bundle.digest, 3, "fp32")
    assert (model["version"], model["card"]) == (None, None)  # from a folder, and without a card
    assert service.get("/v1/species").json() == [vars(s) for s in SPECIES]
    assert service.get("/healthz").status_code == service.get("/readyz").status_code == 200


def test_metrics_tell_requests_stages_species_and_the_model(bundle: Bundle) -> None:
    with TestClient(create_app(Service.of(bundle, Serving(), None))) as service:
        service.post("/v1/identify", content=tone("antshr1"))
        service.post("/v1/identify", content=b"garbage")
        service.get("/wp-login.php")
        families = text_string_to_metric_families(service.get("/metrics").text)
        samples = {(s.name, *sorted(s.labels.values())): s.value for f in families for s in f.samples}
    assert samples["silencio_requests_total", "/v1/identify", "200"] == 1
    assert samples["silencio_requests_total", "/v1/identify", "415"] == 1
    assert samples["silencio_requests_total", "404", "none"] == 1
    assert samples["silencio_stage_seconds_count", "inference"] == 1
    assert samples["silencio_stage_seconds_count", "decode"] == 1
    assert samples["silencio_species_heard_total", "antshr1"] == 1
    assert any(name[0] == "silencio_model_info" and bundle.digest in name for name in samples)


def test_the_api_document_tells_how_to_send_a_recording(service: TestClient) -> None:
    paths = service.get("/openapi.json").json()["paths"]
    assert "multipart/form-data" in paths["/v1/identify"]["post"]["requestBody"]["content"]
    assert set(paths) == {"/v1/identify", "/v1/feedback", "/v1/tours/{tour}", "/v1/species", "/v1/model"}


def test_the_service_imports_nothing_that_trains() -> None:
    program = (
        "import sys, silencio.serving.server, silencio.serving.contract, silencio.release.tracks, "
        "silencio.release.canary; "
        "print(*({'torch', 'mlflow', 'matplotlib', 'sklearn', 'pandas'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""
