"""A process that serves goes from one bundle to another and back while people ask."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from silencio.optimize.bundle import Bundle
from silencio.serving.process import free_port, silencio_command, start
from tests.bundles import TONES, make_bundle, tone
from tests.serving.users import Users

SWAPPED = dict(zip(TONES, reversed(TONES.values()), strict=True))
HEARD = tone("howmon1", 2.0)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("other"), tones=SWAPPED)


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> Path:
    link = tmp_path_factory.mktemp("current") / "bundle"
    link.symlink_to(bundle.folder)
    return link


@pytest.fixture(scope="module")
def address(link: Path) -> Iterator[str]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--bundle", str(link), "--port", str(port), "--set", "refresh_seconds=0.1"]
    process = start(silencio_command("serve", *what), link.with_name("log"), f"{address}/readyz")
    yield address
    process.stop()


def test_no_request_fails_and_every_answer_names_who_gave_it(
    address: str, link: Path, bundle: Bundle, other: Bundle
) -> None:
    with Users.asking(address, HEARD) as users:
        for folder in (other.folder, bundle.folder, other.folder, bundle.folder):
            _point(link, folder)
            _wait_until_served(address, Bundle.open(folder).digest)
            users.wait_for(10)

    assert {reply.status for reply in users.replies} == {200}
    # The tone of howling monkeys is what the other one knows as the antshrike's.
    says = {bundle.digest: ["howmon1"], other.digest: ["antshr1"]}
    assert {reply.answer["model"]["digest"] for reply in users.replies} == set(says)
    for reply in users.replies:
        assert [s["code"] for s in reply.answer["species"]] == says[reply.answer["model"]["digest"]]


def test_a_broken_one_changes_nothing(address: str, link: Path, bundle: Bundle, tmp_path: Path) -> None:
    broken = make_bundle(tmp_path / "broken", tones=SWAPPED).folder
    (broken / "thresholds.json").write_text("{}")
    with Users.asking(address, HEARD, count=2) as users:
        _point(link, broken)
        _wait_for(lambda: "is refused" in link.with_name("log").read_text())
        users.wait_for(10)
    assert {(r.status, r.answer["model"]["digest"]) for r in users.replies} == {(200, bundle.digest)}
    assert _ready(address) == {"state": "ready", "digest": bundle.digest, "version": None}
    _point(link, bundle.folder)


def _point(link: Path, folder: Path) -> None:
    new = link.with_name("new")
    new.symlink_to(folder)
    new.replace(link)


def _ready(address: str) -> dict[str, object]:
    answer: dict[str, object] = httpx.get(f"{address}/readyz", trust_env=False).json()
    return answer


def _wait_until_served(address: str, digest: str) -> None:
    _wait_for(lambda: _ready(address)["digest"] == digest)


def _wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 15
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)
