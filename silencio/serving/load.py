"""Several users at once against a service: recordings in, what came back and how long it took out."""

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any

import httpx
import numpy as np

TIMEOUT_SECONDS = 30.0
KEY = "SILENCIO_KEY"
"""The variable of the environment that holds the key which a service asks for, if it asks for one."""


@dataclass(frozen=True)
class Call:
    recording: Path
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    call: Call
    status: int | None
    """None if no answer came at all."""
    milliseconds: float
    answer: Mapping[str, Any]
    """The body; empty unless the status is 200."""
    come_again: str | None = None
    """What the answer's Retry-After says."""

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def refused(self) -> bool:
        """An honest no of a service that has too much to do: it says when to come again."""
        return self.status == 429 and self.come_again is not None


def identify_all(address: str, calls: Sequence[Call], users: int) -> list[Reply]:
    """Every call once, in its order, by `users` who each wait for their answer before they ask again."""
    with client(address, users) as http, ThreadPoolExecutor(users) as crowd:
        return list(crowd.map(lambda call: _identify(http, call), calls))


def client(address: str, users: int = 1) -> httpx.Client:
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    key = os.environ.get(KEY)
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.Client(
        base_url=address, headers=headers, timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False
    )


def p95(replies: Sequence[Reply]) -> float:
    """Of the answered ones, in milliseconds; not a number if there are none."""
    times = [r.milliseconds for r in replies if r.ok]
    return float(np.percentile(times, 95)) if times else nan


def error_rate(replies: Sequence[Reply]) -> float:
    """The share that was not answered with 200; not a number if nothing was asked."""
    return float(np.mean([not r.ok for r in replies])) if replies else nan


def failure_rate(replies: Sequence[Reply]) -> float:
    """The share that was neither answered nor honestly refused; not a number if nothing was asked."""
    return float(np.mean([not (r.ok or r.refused) for r in replies])) if replies else nan


def refusal_rate(replies: Sequence[Reply]) -> float:
    """The share that was honestly refused; not a number if nothing was asked."""
    return float(np.mean([r.refused for r in replies])) if replies else nan


def _identify(http: httpx.Client, call: Call) -> Reply:
    recording = call.recording.read_bytes()
    begun = time.perf_counter()
    try:
        response = http.post("/v1/identify", content=recording, headers=dict(call.headers))
    except httpx.TransportError:
        return Reply(call, None, 1000 * (time.perf_counter() - begun), {})
    took = 1000 * (time.perf_counter() - begun)
    answer = response.json() if response.status_code == 200 else {}
    return Reply(call, response.status_code, took, answer, response.headers.get("retry-after"))
