"""That the server in these tests would notice what Kubeflow's API does not publish."""

import json

import jsonschema
import pytest

from tests.pipelines.kubeflow_server import Kubeflow
from tests.pipelines.published import check, operation

RUNS = "/apis/v2beta1/runs"


def ask(method: str, path: str, body: object = None, **query: str) -> object:
    sent = b"" if body is None else json.dumps(body).encode()
    return Kubeflow().answer(method, path, query, sent, "application/json", "")


def test_a_path_that_is_not_published_is_noticed() -> None:
    with pytest.raises(LookupError, match="GET /apis/v2beta1/artifacts is not published"):
        ask("GET", "/apis/v2beta1/artifacts")


def test_a_query_that_is_not_published_is_noticed() -> None:
    with pytest.raises(ValueError, match=r"publishes no query \{'colour'\}"):
        ask("GET", RUNS, page_size="10", colour="red")


def test_a_body_where_none_is_published_is_noticed() -> None:
    with pytest.raises(ValueError, match="no body is published here"):
        ask("POST", f"{RUNS}/1:terminate", {})


@pytest.mark.parametrize(
    "run",
    [{"name": "a run"}, {"display_name": 1}, {"state": "DONE"}, {"runtime_config": {"parameters": []}}],
    ids=["a field", "a type", "a state", "a type within"],
)
def test_a_body_that_is_not_as_published_is_noticed(run: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        ask("POST", RUNS, run)


def test_an_answer_that_is_not_as_published_is_noticed() -> None:
    check({"runs": [{"run_id": "1", "created_at": "2026-01-01T00:00:00Z"}]}, "V2beta1ListRunsResponse")
    with pytest.raises(jsonschema.ValidationError):
        check({"runs": [{"run_id": "1", "created_at": "yesterday"}]}, "V2beta1ListRunsResponse")


def test_of_two_operations_that_fit_the_plainer_is_meant() -> None:
    known, gaps = operation("GET", "/apis/v2beta1/pipelines/names/promotion")
    assert (known.path, gaps) == ("/apis/v2beta1/pipelines/names/{name}", ("promotion",))
