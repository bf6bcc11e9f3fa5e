"""A Kubeflow to talk to, on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.platform import pauses
from pipelines.platform.client import Client
from silencio.settings import Kubeflow as Settings
from tests.pipelines.kubeflow_server import Kubeflow, serving


@pytest.fixture
def kubeflow() -> Iterator[Kubeflow]:
    server = Kubeflow()
    with serving(server) as server.address:
        yield server
    assert not server.violations


def reach(kubeflow: Kubeflow, **settings: Any) -> Client:
    return Client(Settings(host=kubeflow.address, **settings))


def hurried(kubeflow: Kubeflow, kind: str) -> Client:
    """Does not wait long for an answer where none will come."""
    return reach(kubeflow, timeout=0.4 if "hang" in kind or kind == "overtaken" else 30)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked again is asked again soon."""
    monkeypatch.setattr(pauses, "FIRST", 0.05)
