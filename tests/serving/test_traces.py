"""Traces, as an OpenTelemetry collector receives them."""

import json
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from silencio.errors import WrongUse
from silencio.optimize.bundle import Bundle
from silencio.serving.process import free_port, silencio_command, start
from silencio.serving.traces import Traces, traces_of
from silencio.settings import Observing
from tests.bundles import tone

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
QUIET = "7" * 32
"""A trace that its caller does not record."""


class Collector(HTTPServer):
    """Takes OTLP over HTTP, as a collector does, and keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Takes)
        self.spans: list[Span] = []


class _Takes(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(frozen=True)
class Traced:
    spans: list[Span]
    log: list[dict[str, Any]]


@pytest.fixture(scope="module")
def traced(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """What a collector got, and the log says, of a service that was asked three things and told to stop."""
    folder = tmp_path_factory.mktemp("traces")
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--bundle", str(bundle.folder), "--port", str(port)]
    observing = ["--set", f"observing.traces=http://127.0.0.1:{collector.server_port}"]
    command = silencio_command("--json-logs", "serve", *what, *observing)
    service = start(command, folder / "log", f"{address}/readyz")
    with httpx.Client(base_url=address, trust_env=False) as http:
        recorded, unrecorded = (
            f"00-{trace}-{PARENT}-0{sampled}" for trace, sampled in ((TRACE, 1), (QUIET, 0))
        )
        http.post("/v1/identify", content=tone("frogli1", 2.0), headers={"traceparent": recorded})
        http.post("/v1/identify", content=b"garbage", headers={"x-request-id": "mine"})
        http.post("/v1/identify", content=tone("howmon1"), headers={"traceparent": unrecorded})
    service.stop()
    collector.shutdown()
    collector.server_close()
    thread.join()
    return Traced(collector.spans, [json.loads(line) for line in (folder / "log").read_text().splitlines()])


def test_a_request_is_a_span_of_its_callers_trace_with_its_stages_inside(
    traced: Traced, bundle: Bundle
) -> None:
    (heard,) = [s for s in traced.spans if s.trace_id.hex() == TRACE and s.kind == Span.SPAN_KIND_SERVER]
    assert (heard.name, heard.parent_span_id.hex()) == ("POST /v1/identify", PARENT)
    assert _attributes(heard)["http.response.status_code"] == "200"
    assert _attributes(heard)["silencio.model"] == bundle.digest
    stages = [s for s in traced.spans if s.parent_span_id == heard.span_id]
    assert {"decode", "inference"} <= {s.name for s in stages}
    for stage in stages:
        assert heard.start_time_unix_nano <= stage.start_time_unix_nano <= stage.end_time_unix_nano
        assert stage.end_time_unix_nano <= heard.end_time_unix_nano


def test_who_brings_no_trace_begins_one_and_what_was_refused_has_no_stages(traced: Traced) -> None:
    (refused,) = [s for s in traced.spans if _attributes(s).get("silencio.id") == "mine"]
    assert not refused.parent_span_id
    assert _attributes(refused)["http.response.status_code"] == "415"
    assert not [s for s in traced.spans if s.parent_span_id == refused.span_id]


def test_who_does_not_record_its_trace_is_followed(traced: Traced) -> None:
    assert not [s for s in traced.spans if s.trace_id.hex() == QUIET]


def test_a_request_has_one_id_in_its_trace_and_in_the_log(traced: Traced) -> None:
    asked = [line for line in traced.log if line.get("route") == "/v1/identify"]
    assert [(line["status"], line.get("top")) for line in asked] == [
        (200, "frogli1"),
        (415, None),
        (200, "howmon1"),
    ]
    spans = {_attributes(s)["silencio.id"] for s in traced.spans if s.kind == Span.SPAN_KIND_SERVER}
    assert {line["id"] for line in asked[:2]} <= spans


def test_the_settings_say_whether_there_are_traces() -> None:
    assert traces_of(Observing()) == []


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(WrongUse, match=r"observing\.traces is set.*silencio\[trace\]"):
        Traces("http://127.0.0.1:4318")


def _attributes(span: Span) -> dict[str, str]:
    return {a.key: a.value.string_value or str(a.value.int_value) for a in span.attributes}
