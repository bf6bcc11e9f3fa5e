"""What lies in a folder: known by names and contents alone, and read again only where a file changed."""

import os
import shutil
import time
from pathlib import Path

import pytest

from silencio.data.ingest.contents import Contents, files_of
from silencio.identity import digest_of_file

LONG_AGO = 10**18


@pytest.fixture
def contents(tmp_path: Path) -> Contents:
    return Contents(tmp_path / "digests.sqlite")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("a")
    (folder / "deep/b.ogg").write_text("b")
    return folder


def test_each_file_has_the_digest_of_its_bytes(contents: Contents, folder: Path) -> None:
    files = files_of(folder)

    assert files == [folder / "a.csv", folder / "deep/b.ogg"]
    assert contents.of(files) == {path: digest_of_file(path) for path in files}


def test_what_is_missing_or_no_file_has_none(contents: Contents, folder: Path) -> None:
    os.mkfifo(folder / "pipe")

    assert contents.of([folder / "nowhere", folder / "deep", folder / "pipe", Path("a\0b")]) == {}


def test_a_copy_elsewhere_and_later_is_the_same(contents: Contents, folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(copy / "a.csv", ns=(LONG_AGO, LONG_AGO))

    assert contents.listing(copy) == contents.listing(folder)


@pytest.mark.parametrize("change", ["content", "name", "added", "removed"])
def test_whatever_is_different_is_another_listing(contents: Contents, folder: Path, change: str) -> None:
    before = contents.listing(folder)
    {
        "content": lambda: (folder / "a.csv").write_text("c"),
        "name": lambda: (folder / "a.csv").rename(folder / "c.csv"),
        "added": lambda: (folder / "c.csv").write_text("a"),
        "removed": lambda: (folder / "a.csv").unlink(),
    }[change]()

    assert contents.listing(folder) != before


def test_what_is_hidden_is_none_of_the_data(contents: Contents, folder: Path) -> None:
    before = contents.listing(folder)
    (folder / ".DS_Store").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("x")

    assert contents.listing(folder) == before


def test_a_file_that_rested_is_not_read_twice(folder: Path, tmp_path: Path) -> None:
    contents = Contents(tmp_path / "digests.sqlite", settled=0)
    told: list[tuple[int, int]] = []

    contents.listing(folder, lambda done, of: told.append((done, of)))
    contents.listing(folder, lambda done, of: told.append((done, of)))

    assert told == [(2, 2)], "the second time there was nothing to read"


def test_a_file_that_is_still_being_written_is_not_trusted(contents: Contents, folder: Path) -> None:
    """Two writes within one tick of the clock look the same but for their content."""
    path = folder / "a.csv"
    for text in ("1", "2", "3"):
        path.write_text(text)
        now = time.time_ns()
        os.utime(path, ns=(now, now))

        assert contents.of([path])[path] == digest_of_file(path)
