"""The OpenAPI document keeps its word: whatever it allows is answered as it says, and so is what it does not allow."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CheckContext, not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.settings import Serving
from tests.bundles import tone

COME_AGAIN = {503, 504}
"""Words to the caller: stopping, or later than the caller's own deadline."""


def not_at_fault(context: CheckContext, response: Response, case: schemathesis.Case) -> None:
    if response.status_code not in COME_AGAIN:
        not_a_server_error(context, response, case)


CHECKS = [not_at_fault, status_code_conformance, content_type_conformance, response_schema_conformance]
METHODS = {"get", "post", "put", "delete"}
SOUND = [tone("frogli1", 1.5, kind) for kind in ("WAV", "OGG", "FLAC", "MP3")]

schemathesis.openapi.media_type("application/octet-stream", st.sampled_from(SOUND) | st.binary())


@pytest.fixture(scope="module")
def api(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    store = FeedbackStore(tmp_path_factory.mktemp("feedback"))
    service = Service.of(bundle, Serving(max_bytes=1 << 18), store)
    yield schemathesis.openapi.from_asgi("/openapi.json", create_app(service))
    service.close()


def ask_all(api: schemathesis.BaseSchema, examples: int) -> int:
    """Each operation with so many requests that its document allows, and as many that it does not."""
    asked = 0
    for result in api.get_all_operations():
        operation = result.ok()
        for mode in schemathesis.GenerationMode:

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=examples,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
                derandomize=True,
                database=None,
            )
            def ask(case: schemathesis.Case) -> None:
                nonlocal asked
                case.call_and_validate(checks=CHECKS)
                asked += 1

            # Of what takes nothing, nothing can be wrong.
            with suppress(Unsatisfiable) if mode.is_negative else nullcontext():
                ask()
    return asked


def test_whatever_is_asked_is_answered_as_the_document_says(api: schemathesis.BaseSchema) -> None:
    assert ask_all(api, 25) > 100


def test_a_tour_is_answered_as_the_document_says(api: schemathesis.BaseSchema) -> None:
    heard = api["/v1/identify"]["POST"].Case(
        query={"tour": "dawn"}, body=tone("frogli1"), media_type="application/octet-stream"
    )
    heard.call_and_validate(checks=CHECKS)
    tour = (
        api["/v1/tours/{tour}"]["GET"].Case(path_parameters={"tour": "dawn"}).call_and_validate(checks=CHECKS)
    )

    assert [species["code"] for species in tour.json()["species"]] == ["frogli1"]


@pytest.mark.slow
def test_however_long_one_asks(api: schemathesis.BaseSchema) -> None:
    assert ask_all(api, 1_000) > 4_000


def test_every_operation_documents_what_may_go_wrong(service: TestClient) -> None:
    document = service.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in METHODS & operations.keys():
            responses = operations[method]["responses"]
            assert {"401", "403", "413", "429", "503"} <= responses.keys(), path
            for status, response in responses.items():
                if not status.startswith("2"):
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
                    assert response["description"]
