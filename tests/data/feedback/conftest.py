"""A store on this machine, and the same shared by several services: what a test opens, it opens twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from silencio.data.feedback import FeedbackStore
from silencio.settings import Keeping
from tests.data.feedback.stores import Open, shared_store


@pytest.fixture(scope="module", params=["a folder", "PostgreSQL and S3"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeping]:
    if request.param == "a folder":
        yield Keeping()
        return
    with shared_store(tmp_path_factory.mktemp("shared")) as settings:
        yield settings


@pytest.fixture
def open_store(shared: Keeping, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store again and again, as other processes would; empty at first."""
    opened: list[FeedbackStore] = []

    def open_store(**settings: object) -> FeedbackStore:
        audio = f"{shared.audio}/{tmp_path.name}" if shared.audio else None
        told = shared.model_copy(update={"audio": audio, **settings})
        opened.append(FeedbackStore(tmp_path / "feedback", told))
        return opened[-1]

    yield open_store
    if shared.database and opened:
        _empty(shared.database)
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> FeedbackStore:
    return open_store()


def _empty(database: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE requests, recordings, statements"))
    engine.dispose()
