"""Which files are whole: half-written ones are left until they are, and broken ones are told after a while."""

import time
from pathlib import Path

import pytest

from silencio.serving.online.arrivals import Arrivals
from tests.bundles import tone

OGG = tone("frogli1", 3.0, "OGG")


def settled(arrivals: Arrivals, seconds: float = 0.08) -> list[tuple[str, str | None]]:
    """What is there once nothing changed for a while: (name, why it is broken)"""
    list(arrivals.look())
    time.sleep(seconds)
    return [(arrived.path.name, arrived.broken) for arrived in arrivals.look()]


def test_a_whole_file_comes_once(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=0.05)
    (tmp_path / "a.ogg").write_bytes(OGG)

    assert settled(arrivals) == [("a.ogg", None)]
    assert settled(arrivals) == []
    assert arrivals.waiting == 0


def test_a_file_that_changes_comes_again(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=0.05)
    (tmp_path / "a.ogg").write_bytes(OGG)
    settled(arrivals)

    (tmp_path / "a.ogg").write_bytes(tone("howmon1", 3.0, "OGG"))

    assert settled(arrivals) == [("a.ogg", None)]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_half_a_file_is_left_until_it_is_whole(tmp_path: Path, share: float) -> None:
    arrivals = Arrivals(tmp_path, settle=0.05)
    (tmp_path / "a.ogg").write_bytes(OGG[: round(share * len(OGG))])
    assert settled(arrivals) == []
    assert arrivals.waiting == 1

    (tmp_path / "a.ogg").write_bytes(OGG)

    assert settled(arrivals) == [("a.ogg", None)]


def test_a_file_that_was_cut_between_two_pages_is_left_too(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=0.05)
    (tmp_path / "a.ogg").write_bytes(OGG[: OGG.rfind(b"OggS")])

    assert settled(arrivals) == []


def test_what_is_still_written_to_is_not_opened(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=60.0)
    (tmp_path / "a.ogg").write_bytes(OGG)

    assert settled(arrivals) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty"), (b"no recording" * 100, ""), (OGG[: len(OGG) // 2], "ends before")],
)
def test_what_is_not_whole_after_a_while_is_broken(tmp_path: Path, content: bytes, reason: str) -> None:
    arrivals = Arrivals(tmp_path, settle=0.02, patience=0.05)
    (tmp_path / "a.ogg").write_bytes(content)

    ((name, broken),) = settled(arrivals)

    assert name == "a.ogg"
    assert broken is not None
    assert reason in broken


def test_hidden_partial_and_other_files_are_none_of_it(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=0.02)
    for name in (".a.ogg", ".a.ogg.partial", "a.ogg.partial", "a.txt"):
        (tmp_path / name).write_bytes(OGG)
    (tmp_path / "folder.ogg").mkdir()

    assert settled(arrivals) == []
    assert arrivals.waiting == 0


def test_a_file_that_is_taken_away_is_forgotten(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, settle=60.0)
    (tmp_path / "a.ogg").write_bytes(OGG)
    list(arrivals.look())

    (tmp_path / "a.ogg").unlink()

    assert settled(arrivals) == []
    assert arrivals.waiting == 0
