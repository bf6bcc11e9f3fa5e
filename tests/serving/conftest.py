from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.service import Service
from silencio.settings import Serving
from tests.bundles import make_bundle

LIMITS = Serving(max_bytes=1 << 20, max_seconds=20.0)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FeedbackStore:
    return FeedbackStore(tmp_path_factory.mktemp("feedback"))


@pytest.fixture(scope="module")
def service(bundle: Bundle, store: FeedbackStore) -> Iterator[TestClient]:
    with TestClient(create_app(Service.of(bundle, LIMITS, store))) as client:
        yield client
