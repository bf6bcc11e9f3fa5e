"""A Kubeflow to talk to, on this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.platform import wire
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
    """In a hurry, so that what is repeated is repeated soon."""
    return Client(Settings(host=kubeflow.address, **{"timeout": 0.4, "patience": 10, **settings}))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "FIRST_PAUSE", 0.05)
