"""Shards: who shares one depends on the recordings alone, and one recording more changes next to nothing."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.data.windows.shards import MOST, Heard, Shard, Shards, deal, key_of, prune
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd
from silencio.workspace import Workspace


def digests(count: int, first: int = 0) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(first, first + count)]


catalogs = st.builds(digests, st.integers(0, 400), st.integers(0, 10**6))


@given(catalogs, st.randoms())
def test_every_recording_is_dealt_once_whatever_order_they_came_in(recordings: list[str], chance) -> None:
    dealt = list(deal(recordings))

    assert [digest for shard in dealt for digest in shard] == sorted(recordings)
    assert all(1 <= len(shard) <= MOST for shard in dealt)
    shuffled = list(recordings)
    chance.shuffle(shuffled)
    assert list(deal(shuffled)) == dealt


@given(catalogs.filter(bool))
def test_one_recording_more_touches_one_shard(recordings: list[str]) -> None:
    *before, _ = recordings
    old, new = set(deal(before)), set(deal(recordings))

    assert len(old - new) <= 1, "the shard it comes to"
    assert sum(map(len, new - old)) <= MOST + 1, "which may have to split"


def test_recordings_whose_digests_begin_alike_part_where_they_differ() -> None:
    alike = [f"{0:056x}{number:08x}" for number in range(MOST + 1)]

    assert sorted(map(len, deal(alike))) == [1, MOST]


def make(shards: Shards, recordings: Sequence[str], content: bytes = b"12345678") -> str:
    """A whole shard; its key."""
    key = key_of(recordings)
    shards.file(key).write_bytes(content)
    heard = tuple(Heard(recording=recording, starts=(0.0,)) for recording in recordings)
    shard = Shard(key=key, digest=digest_of_file(shards.file(key)), heard=heard)
    shards.record(key).write_text(shard.model_dump_json())
    return key


@pytest.fixture
def shards(workspace: Workspace) -> Shards:
    return Shards.of(FrontEnd(), workspace)


def test_another_front_end_has_shards_of_its_own(workspace: Workspace, shards: Shards) -> None:
    make(shards, digests(2))

    assert Shards.of(FrontEnd(n_mels=64), workspace).find(key_of(digests(2))) is None


def test_a_shard_is_there_once_its_record_is(shards: Shards) -> None:
    key = make(shards, digests(2))
    assert shards.find(key) in list(shards.all())

    shards.record(key).unlink()

    assert shards.find(key) is None
    assert not list(shards.all())


def test_a_shard_that_was_written_to_is_not_taken(shards: Shards, caplog: pytest.LogCaptureFixture) -> None:
    key = make(shards, digests(2))
    shards.file(key).write_bytes(b"1234567x")
    later(shards.file(key), than=shards.record(key))

    assert shards.find(key) is None
    assert f"{shards.file(key)} was changed since it was written" in caplog.text


def test_a_shard_that_was_copied_elsewhere_with_a_new_date_is_taken(shards: Shards) -> None:
    key = make(shards, digests(2))
    later(shards.file(key), than=shards.record(key))

    assert shards.find(key) is not None


def later(file: Path, than: Path) -> None:
    seconds = than.stat().st_mtime + 10
    os.utime(file, (seconds, seconds))


def test_prune_removes_what_no_store_links(workspace: Workspace, shards: Shards, tmp_path: Path) -> None:
    used, unused = make(shards, digests(2)), make(shards, digests(2, first=2))
    (tmp_path / "store.f16").hardlink_to(shards.file(used))
    (shards.folder / "killed.partial").write_bytes(b"123")

    pruned = prune(workspace)

    assert (pruned.shards, pruned.bytes) == (1, 8)
    assert shards.find(used)
    assert {p.name for p in shards.folder.iterdir()} == {f"{used}.f16", f"{used}.json", "lock"}
    assert unused != used


def test_prune_finds_nothing_where_nothing_is(workspace: Workspace) -> None:
    assert prune(workspace).shards == 0
