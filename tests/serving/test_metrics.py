"""What is counted, and that a real Prometheus reads it."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.engine.opening import open_served
from silencio.serving.metrics import ServiceMetrics
from silencio.serving.process import RunningProcess, free_port, silencio_command, start
from silencio.serving.service import Service
from tests.bundles import TONES, make_bundle, tone

MONITORING = Path(__file__).parents[2] / "k8s/base/monitoring"
PROMETHEUS = shutil.which("prometheus")
PATIENCE_SECONDS = 30

Samples = dict[tuple[str, ...], float]


def samples_of(text: str) -> Samples:
    """By name and the values of its labels, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def counted(bundle: Bundle) -> Iterator[TestClient]:
    """A service that nobody asked yet."""
    with TestClient(create_app(Service.of(bundle)), raise_server_exceptions=False) as client:
        yield client


def scrape(client: TestClient) -> Samples:
    return samples_of(client.get("/metrics").text)


def test_every_answer_is_counted_by_its_route_and_status(counted: TestClient) -> None:
    counted.post("/v1/identify", content=tone("frogli1"))
    counted.post("/v1/identify", content=b"garbage")
    for path in ("/wp-login.php", "/.env", "/v1/identify/../x"):
        counted.get(path)
    seen = scrape(counted)
    assert seen["silencio_requests_total", "/v1/identify", "200"] == 1
    assert seen["silencio_requests_total", "/v1/identify", "415"] == 1
    assert seen["silencio_requests_total", "none", "404"] == 3, "a scanner's paths are one series"


def test_a_recording_is_timed_by_stage_and_as_a_whole(counted: TestClient) -> None:
    for code in TONES:
        counted.post("/v1/identify", content=tone(code))
    seen = scrape(counted)
    assert seen["silencio_stage_seconds_count", "inference"] == 3
    assert seen["silencio_stage_seconds_count", "whole"] == 3
    assert seen["silencio_stage_seconds_sum", "whole"] > seen["silencio_stage_seconds_sum", "inference"] > 0


def test_species_are_there_before_they_are_heard(counted: TestClient) -> None:
    assert {code: scrape(counted)["silencio_species_heard_total", code] for code in TONES} == dict.fromkeys(
        TONES, 0
    )
    counted.post("/v1/identify", content=tone("howmon1", 3.0))
    assert scrape(counted)["silencio_species_heard_total", "howmon1"] == 1, "recordings, not windows"


def test_how_sure_it_was_is_kept_of_every_recording(counted: TestClient) -> None:
    counted.post("/v1/identify", content=tone("antshr1"))
    seen = scrape(counted)
    assert seen["silencio_confidence_count",] == 1
    assert 0.5 < seen["silencio_confidence_sum",] < 1


def test_nothing_is_under_way_once_all_is_answered(counted: TestClient) -> None:
    counted.post("/v1/identify", content=tone("antshr1"))
    assert scrape(counted)["silencio_requests_in_flight",] == 1, "the scrape itself"


def test_what_an_engine_tells_is_counted(bundle: Bundle) -> None:
    metrics = ServiceMetrics()
    metrics.batched(5, 0.02)
    metrics.batched(1, 0.01)
    metrics.waiting(7)
    metrics.turned_away("full")
    metrics.refused("its manifest was tampered with")
    seen = samples_of(metrics.text().decode())
    assert (seen["silencio_batch_windows_sum",], seen["silencio_batch_windows_count",]) == (6, 2)
    assert seen["silencio_batch_seconds_sum",] == pytest.approx(0.03)
    assert seen["silencio_queue_windows",] == 7
    assert seen["silencio_queue_limit_windows",] == 1024
    assert seen["silencio_turned_away_total", "full"] == 1
    assert seen["silencio_models_refused_total",] == 1


def test_what_guides_said_and_what_was_not_kept_is_counted() -> None:
    metrics = ServiceMetrics()
    metrics.said("wrong")
    metrics.not_kept("speech")
    seen = samples_of(metrics.text().decode())
    assert [seen["silencio_feedback_total", verdict] for verdict in ("right", "species", "wrong")] == [
        0,
        0,
        1,
    ]
    assert seen["silencio_not_kept_total", "speech"] == 1


def test_a_word_that_nobody_foresaw_makes_no_series_of_its_own() -> None:
    metrics = ServiceMetrics()
    before = len(samples_of(metrics.text().decode()))
    for number in range(50):
        metrics.turned_away(f"reason {number}")
        metrics.said(f"verdict {number}")
        metrics.not_kept(f"because {number}")
    after = samples_of(metrics.text().decode())
    assert after["silencio_turned_away_total", "other"] == 50
    assert len(after) - before == 2 * 3, "each of the three has one more, and when it was made"


def test_only_the_model_that_answers_now_is_named(bundle: Bundle, tmp_path: Path) -> None:
    tones = dict(zip(TONES, reversed(TONES.values()), strict=True))
    other = make_bundle(tmp_path / "other", tones=tones, facts={"variant": "int8"})
    metrics = ServiceMetrics()
    metrics.serves(open_served(bundle, 1, version="6"))
    assert samples_of(metrics.text().decode())["silencio_model_swaps_total",] == 0
    metrics.serves(open_served(other, 1, version="7"))
    seen = samples_of(metrics.text().decode())
    named = [labels for name, *labels in seen if name == "silencio_model_info"]
    assert named == [[other.digest, f"tones-int8-{other.digest[:12]}", "7"]]
    assert seen["silencio_model_swaps_total",] == 1


# Seen by a real Prometheus.


@pytest.fixture(scope="module")
def watched(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, RunningProcess]]:
    """Prometheus' address, with the shipped rules; and the service that it looks at each second."""
    if PROMETHEUS is None:
        pytest.skip("needs prometheus (apt-get install prometheus)")
    folder = tmp_path_factory.mktemp("prometheus")
    service_port, port = free_port(), free_port()
    service = start(
        silencio_command("serve", "--bundle", str(bundle.folder), "--port", str(service_port)),
        folder / "service.log",
        f"http://127.0.0.1:{service_port}/readyz",
    )
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(MONITORING / "alerts.yaml")],
        "scrape_configs": [
            {"job_name": "silencio", "static_configs": [{"targets": [f"127.0.0.1:{service_port}"]}]}
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"http://127.0.0.1:{port}"
    prometheus = start(
        [
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        folder / "prometheus.log",
        f"{address}/-/ready",
    )
    for code in TONES:
        httpx.post(
            f"http://127.0.0.1:{service_port}/v1/identify", content=tone(code), trust_env=False
        ).raise_for_status()
    yield address, service
    prometheus.stop()
    service.stop()


def ask(address: str, path: str, **parameters: str) -> Any:
    answer = httpx.get(f"{address}/api/v1/{path}", params=parameters, trust_env=False).json()
    assert answer["status"] == "success", f"{parameters}: {answer.get('error')}"
    return answer["data"]


def eventually(look: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not look():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.2)


def value_of(address: str, query: str) -> float | None:
    result = ask(address, "query", query=query)["result"]
    return float(result[0]["value"][1]) if result else None


def test_prometheus_finds_the_service_and_reads_what_it_heard(watched: tuple[str, RunningProcess]) -> None:
    address, _ = watched
    eventually(lambda: value_of(address, 'silencio_species_heard_total{code="frogli1"}') == 1)
    (target,) = ask(address, "targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")
    assert value_of(address, 'sum(silencio_stage_seconds_count{stage="whole"})') == 3


def test_prometheus_takes_every_rule(watched: tuple[str, RunningProcess]) -> None:
    groups = ask(watched[0], "rules")["groups"]
    eventually(lambda: all(g["evaluationTime"] > 0 for g in ask(watched[0], "rules")["groups"]))
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    assert len(groups) == 4


def dashboard_queries() -> list[tuple[str, str]]:
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel["targets"]]


def test_the_dashboard_asks_only_for_what_there_is(watched: tuple[str, RunningProcess]) -> None:
    address, _ = watched
    there = set(ask(address, "label/__name__/values"))
    assert dashboard_queries()
    for title, query in dashboard_queries():
        query = query.replace("$track", ".*")
        named = set(re.findall(r"\b(?:silencio|process)_\w+|\bup\b", query))
        assert named, f"{title} asks for nothing"
        assert named <= there, title
        ask(address, "query", query=query)


def test_every_metric_that_an_alert_asks_for_is_there(watched: tuple[str, RunningProcess]) -> None:
    there = set(ask(watched[0], "label/__name__/values"))
    named = set(re.findall(r"\b(?:silencio|process)_\w+", (MONITORING / "alerts.yaml").read_text()))
    assert named
    assert named <= there


def test_an_alert_is_raised_when_the_service_is_gone(watched: tuple[str, RunningProcess]) -> None:
    """The last of this file: it ends the service that the others look at."""
    address, service = watched
    assert ask(address, "alerts")["alerts"] == []
    service.stop()
    eventually(
        lambda: (
            [(a["labels"]["alertname"], a["state"]) for a in ask(address, "alerts")["alerts"]]
            == [("SilencioDown", "pending")]
        )
    )
