"""A server that speaks Kubeflow's API as published, and can be made to fail in all the ways that networks do.

Every request and every answer is held against the published document; what does not fit is kept in `violations`.
"""

import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import yaml

from tests.pipelines.published import check, operation

Json = dict[str, Any]
NOT_YET = "1970-01-01T00:00:00Z"
"""What the server says of a time that did not come."""
HOLDS = 30.0
"""Seconds that an answer hangs at most: longer than any client here waits."""


@dataclass
class Fault:
    """What goes wrong with the next `times` requests that fit."""

    kind: str
    """A status such as 503; `page` or `login` instead of the API; or, of the connection:

    drop: closed before anything is done; hang: nothing is done, and nothing said;
    late drop, late hang: the same once it is done; cut: done, and closed in the middle of the answer;
    overtaken: nothing is said, and it is done only when the same is asked again.
    """
    fits: str = ""
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Script:
    """How a run goes: its steps in their order, and the state of the run and of the last of them at its end."""

    steps: tuple[str, ...] = ("survey", "ingest", "retrain", "evaluate", "optimize", "deploy-staging")
    cached: tuple[str, ...] = ("ingest",)
    run: str = "SUCCEEDED"
    last: str = "SUCCEEDED"
    error: str = ""
    looks: int = 1
    """How often it is looked at before the next step begins."""


class Refusal(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message, "details": []}


class Kubeflow:
    """One server's state. Lists give two things a page, so that whoever reads only the first is found out."""

    page = 2

    def __init__(self) -> None:
        self.address = ""
        self.token: str | None = None
        self.multi_user = False
        self.script = Script()
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.asked: list[str] = []
        self.pipelines: dict[str, Json] = {}
        self.versions: dict[str, Json] = {}
        self.experiments: dict[str, Json] = {}
        self.runs: dict[str, Json] = {}
        self.recurring: dict[str, Json] = {}
        self.looked: dict[str, int] = {}
        self.released = threading.Event()
        self.overtaken: dict[str, Callable[[], Json]] = {}
        self._lock, self._made = threading.Lock(), 0

    # What goes wrong

    def fault(self, kind: str | int, fits: str = "", times: int = 1, **headers: str) -> None:
        self.faults.append(Fault(str(kind), fits, times, headers))

    def due(self, request: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times and re.search(fault.fits, request):
                    fault.times -= 1
                    return fault
        return None

    # What goes right

    def answer(
        self, method: str, path: str, query: dict[str, str], body: bytes, kind: str, token: str
    ) -> Json:
        known, gaps = operation(method, path)
        if unknown := set(query) - known.query:
            raise ValueError(f"{method} {path} publishes no query {unknown}")
        sent = self._sent(known.body, body, kind)
        if self.token and token != f"Bearer {self.token}":
            raise Refusal(401, 16, "Request header error: there is no user identity header")
        with self._lock:
            answer = self._does(f"{method} {known.path.removeprefix('/apis/v2beta1')}", gaps, query, sent)
        check(answer, known.answer)
        return answer

    @staticmethod
    def _sent(expected: str, body: bytes, kind: str) -> Json:
        if expected:
            sent: Json = json.loads(body)
            check(sent, expected)
            return sent
        if kind.startswith("multipart/form-data"):
            parsed = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            [part] = parsed.get_payload()
            assert part.get_param("name", header="content-disposition") == "uploadfile"
            return {"uploaded": part.get_payload(decode=True).decode()}
        if body:
            raise ValueError(f"no body is published here, and this came: {body[:80]!r}")
        return {}

    def _does(self, what: str, gaps: tuple[str, ...], query: dict[str, str], sent: Json) -> Json:
        match what:
            case "GET /healthz":
                return {"multi_user": self.multi_user, "pipeline_store": "database"}
            case "GET /pipelines/names/{name}":
                return self._of(self.pipelines, gaps[0], by="name")
            case "POST /pipelines":
                return self._add(self.pipelines, "pipeline_id", sent, unique="name")
            case "POST /pipelines/upload_version":
                return self._upload(query, sent["uploaded"])
            case "GET /pipelines/{pipeline_id}/versions":
                mine = [v for v in self.versions.values() if v["pipeline_id"] == gaps[0]]
                return self._list("pipeline_versions", mine, query)
            case "GET /pipelines/{pipeline_id}/versions/{pipeline_version_id}":
                return self._of(self.versions, gaps[1])
            case "GET /experiments":
                return self._list("experiments", list(self.experiments.values()), query)
            case "POST /experiments":
                return self._add(self.experiments, "experiment_id", sent, unique="display_name")
            case "GET /runs":
                return self._list("runs", list(self.runs.values()), query)
            case "POST /runs":
                self._of(self.versions, sent["pipeline_version_reference"]["pipeline_version_id"])
                return self._add(self.runs, "run_id", {**sent, "state": "PENDING"})
            case "GET /runs/{run_id}":
                return self._progress(self._of(self.runs, gaps[0]))
            case "POST /runs/{run_id}:terminate":
                self._of(self.runs, gaps[0])["state"] = "CANCELED"
                return {}
            case "GET /recurringruns":
                return self._list("recurringRuns", list(self.recurring.values()), query)
            case "POST /recurringruns":
                status = "ENABLED" if sent["mode"] == "ENABLE" else "DISABLED"
                return self._add(self.recurring, "recurring_run_id", {**sent, "status": status})
            case "GET /recurringruns/{recurring_run_id}":
                return self._of(self.recurring, gaps[0])
            case "POST /recurringruns/{recurring_run_id}:enable":
                self._of(self.recurring, gaps[0])["status"] = "ENABLED"
                return {}
            case "POST /recurringruns/{recurring_run_id}:disable":
                self._of(self.recurring, gaps[0])["status"] = "DISABLED"
                return {}
            case "DELETE /recurringruns/{recurring_run_id}":
                self._of(self.recurring, gaps[0])
                del self.recurring[gaps[0]]
                return {}
        raise ValueError(f"nothing here needed {what} so far")

    def _add(self, store: dict[str, Json], key: str, sent: Json, unique: str = "") -> Json:
        if unique and any(sent[unique] == other.get(unique) for other in store.values()):
            raise Refusal(409, 6, f"Already exist error: the {unique} {sent[unique]} is taken")
        self._made += 1
        made = {**sent, key: f"{key[:3]}-{self._made:08d}", "created_at": _now()}
        store[made[key]] = made
        return made

    def _of(self, store: dict[str, Json], key: str, by: str = "") -> Json:
        found = next((v for v in store.values() if v.get(by) == key), None) if by else store.get(key)
        if found is None:
            raise Refusal(404, 5, f"ResourceNotFoundError: {key} not found")
        return found

    def _upload(self, query: dict[str, str], text: str) -> Json:
        self._of(self.pipelines, query["pipelineid"])
        documents = list(yaml.safe_load_all(text))
        spec = documents[0]
        if len(documents) > 1:
            spec = {"pipeline_spec": documents[0], "platform_spec": documents[1]}
        sent = {"pipeline_id": query["pipelineid"], "name": query["name"], "pipeline_spec": spec}
        sent |= {"display_name": query["display_name"], "description": query["description"]}
        return self._add(self.versions, "pipeline_version_id", sent, unique="name")

    def _list(self, key: str, of: list[Json], query: dict[str, str]) -> Json:
        if asked := query.get("filter"):
            check(json.loads(asked), "V2beta1Filter")
            for predicate in json.loads(asked)["predicates"]:
                assert (predicate["operation"], predicate["key"]) == ("EQUALS", "name")
                of = [o for o in of if predicate["string_value"] in (o.get("display_name"), o.get("name"))]
        if experiment := query.get("experiment_id"):
            of = [o for o in of if o.get("experiment_id") == experiment]
        start = int(query.get("page_token") or 0)
        end = start + min(self.page, int(query["page_size"]))
        return {key: of[start:end], "total_size": len(of)} | (
            {"next_page_token": str(end)} if end < len(of) else {}
        )

    def _progress(self, run: Json) -> Json:
        """Each look finds it a little further."""
        script = self.script
        looked = self.looked[run["run_id"]] = self.looked.get(run["run_id"], 0) + 1
        at = (looked - 1) // script.looks
        over = at >= len(script.steps) or run["state"] == "CANCELED"
        if run["state"] != "CANCELED":
            run["state"] = script.run if over else "RUNNING"
        tasks = [_task("root", "RUNNING"), _task("root-driver", "SUCCEEDED")]
        for number, step in enumerate(script.steps[: at + 1]):
            is_last = number == len(script.steps) - 1
            state = "RUNNING" if number == at and not over else script.last if is_last else "SUCCEEDED"
            node = f"executor-of-{step}"
            tasks += [
                _task(f"{step}-driver", "SUCCEEDED"),
                _task(step, state, script.error if state == "FAILED" else "", node),
                _task("executor", "SKIPPED" if step in script.cached else state, pod=node),
            ]
        return {**run, "run_details": {"task_details": tasks}}


def _task(name: str, state: str, error: str = "", child: str = "", pod: str = "") -> Json:
    ended = NOT_YET if state == "RUNNING" else _now()
    task: Json = {"task_id": f"id-of-{name}", "display_name": name, "state": state}
    task |= {"start_time": _now(), "end_time": ended}
    if error:
        task["error"] = {"code": 13, "message": error}
    if child:
        task["child_tasks"] = [{"pod_name": child}]
    return task | ({"pod_name": pod} if pod else {})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    kubeflow: Kubeflow

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = f"{self.command} {parts.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.kubeflow.asked.append(request)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        kind, token = self.headers.get("Content-Type") or "", self.headers.get("Authorization") or ""

        def answer() -> Json:
            return self.kubeflow.answer(self.command, parts.path, query, body, kind, token)

        if held := self.kubeflow.overtaken.pop(request, None):
            held()
        match self.kubeflow.due(request):
            case None:
                self._send(*self._answered(request, answer))
            case Fault("drop" | "hang" as how):
                self._break(how)
            case Fault("late drop" | "late hang" as how):
                self._answered(request, answer)
                self._break(how.removeprefix("late "))
            case Fault("overtaken"):
                self.kubeflow.overtaken[request] = answer
                self._break("hang")
            case Fault("cut"):
                self._send(*self._answered(request, answer), cut=True)
            case Fault("page"):
                self._send(200, b"<html>Welcome</html>", kind="text/html")
            case Fault("login"):
                self._send(302, b"", Location="/dex/auth")
            case Fault(status, headers=headers):
                said = {"code": 14, "message": "it is not a good day", "details": []}
                self._send(int(status), json.dumps(said).encode(), **headers)

    def _answered(self, request: str, answer: Callable[[], Json]) -> tuple[int, bytes]:
        try:
            status, said = 200, answer()
        except Refusal as refusal:
            status, said = refusal.status, refusal.body
            check(said, "GoogleRpcStatus")
        except (LookupError, ValueError, AssertionError, jsonschema.ValidationError) as error:
            self.kubeflow.violations.append(f"{request}: {error}")
            status, said = 400, {"code": 3, "message": "not as published", "details": []}
        return status, json.dumps(said).encode()

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815

    def _break(self, how: str) -> None:
        self.close_connection = True
        if how == "hang":
            self.kubeflow.released.wait(HOLDS)
        # A reset rather than a goodbye.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _send(
        self, status: int, body: bytes, *, cut: bool = False, kind: str = "application/json", **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):  # it was closed on purpose
            super().finish()

    def log_message(self, format: str, *arguments: object) -> None:
        """Says nothing: `asked` has it."""


@contextmanager
def serving(kubeflow: Kubeflow, trust: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address; by https if it can show whom to trust."""
    handler = type("Handler", (_Handler,), {"kubeflow": kubeflow})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if trust else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        kubeflow.released.set()
        server.shutdown()
        server.server_close()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Waits until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
