"""Disks that are full, databases that are away: a feedback store says so, and goes on."""

import os
import time
from pathlib import Path

import pytest

from silencio.data.feedback import FeedbackStore, Said, StoreLost
from silencio.errors import WrongUse
from silencio.serving.process import free_port
from silencio.settings import Keeping
from tests.data.feedback.stores import access, arrival, say, send


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """A file where the folder should be: no more can be written than on a full disk."""
    (tmp_path / "feedback").write_text("in the way")
    store = FeedbackStore(tmp_path / "feedback")

    with pytest.raises(StoreLost, match="cannot be kept or read"):
        store.keep([arrival("r1")])
    with pytest.raises(StoreLost):
        say(store, "r1", "Rosa", "frogli1")


def test_a_store_that_was_lost_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "feedback").write_text("in the way")
    store = FeedbackStore(tmp_path / "feedback")
    with pytest.raises(StoreLost):
        store.keep([arrival("r1")])

    (tmp_path / "feedback").unlink()

    store.keep([arrival("r1")])
    assert say(store, "r1", "Rosa", "frogli1") is Said.KEPT


@pytest.mark.parametrize("lost", ["database", "audio"])
def test_a_database_or_a_bucket_that_does_not_answer_is_lost_and_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    for name, value in access(f"http://{nowhere}").items():
        monkeypatch.setenv(name, value)
    addresses = {"database": f"postgresql://nobody@{nowhere}/none", "audio": "s3://none/at/all"}

    with pytest.raises(StoreLost, match="Check"):
        FeedbackStore(tmp_path, Keeping(**{lost: addresses[lost]})).keep([arrival("r1")])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Keeping(database="mysql://me:secret@host/name"), "host/name"),
        (Keeping(database="somewhere"), "somewhere"),
        (Keeping(audio="/a/folder"), "/a/folder"),
    ],
)
def test_an_address_of_no_known_kind_is_named_without_its_password(
    tmp_path: Path, settings: Keeping, named: str
) -> None:
    with pytest.raises(WrongUse, match=named) as caught:
        FeedbackStore(tmp_path, settings).statements()
    assert "secret" not in str(caught.value)


def test_what_a_killed_writer_left_half_written_is_tidied_away(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    send(store, "r1")
    for name, age in (("old", 2 * 3600), ("young", 0)):
        partial = tmp_path / "audio" / f".{name}.partial"
        partial.write_bytes(b"half")
        os.utime(partial, (time.time() - age, time.time() - age))

    store.sweep()

    assert sorted(path.name for path in (tmp_path / "audio").glob(".*")) == [".young.partial"]
