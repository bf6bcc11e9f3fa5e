"""Hear the recordings of one shard: the same few lines, whether here, in a process of their own, or on a cluster."""

import hashlib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from uuid import uuid4

import numpy as np
from threadpoolctl import ThreadpoolController

from silencio.audio import Features, Unreadable, Windowed, windows_of
from silencio.data.windows.shards import PARTIAL, Heard, Record, Shard, Shards
from silencio.errors import SilencioError
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd


class Held(Record):
    """Where an older shard holds a recording's windows."""

    key: str
    first: int
    heard: Heard


class Recording(Record):
    digest: str
    uri: str
    path: Path
    held: Held | None = None


class Job(Record):
    """One shard that is to be made."""

    folder: Path
    key: str
    front_end: FrontEnd
    recordings: tuple[Recording, ...]


class Word(Record):
    """What a worker says as it works. An exception would not come through every door; a failure in words does."""

    heard: int = 0
    """Recordings since the last word."""
    whole: bool = False
    """The last word on a shard that is there now."""
    problem: str = ""
    """The last word on one that could not be made."""
    remedy: str = ""


def report(job: Job) -> Iterator[Word]:
    """Make the shard; a word a recording, and a last one."""
    try:
        for _ in hear(job):
            yield Word(heard=1)
    except SilencioError as error:
        yield Word(problem=error.problem, remedy=error.remedy)
        return
    yield Word(whole=True)


def hear(job: Job) -> Iterator[Heard]:
    """Make the shard, recording by recording. Whole or not at all: its record is written last."""
    shards, hasher, heard = Shards(job.folder), hashlib.sha256(), []
    # A name of its own: a worker that a killed build left behind may still write the same shard.
    unfinished = job.folder / f"{job.key}.{uuid4().hex}{PARTIAL}"
    try:
        with unfinished.open("wb") as stream:
            for recording in job.recordings:
                known, windows = _windows(recording, job)
                stream.write(windows)
                hasher.update(windows)
                heard.append(known)
                yield known
        unfinished.replace(shards.file(job.key))
        shard = Shard(key=job.key, digest=hasher.hexdigest(), heard=tuple(heard))
        unfinished.write_text(shard.model_dump_json() + "\n")
        unfinished.replace(shards.record(job.key))
    finally:
        unfinished.unlink(missing_ok=True)


def _windows(recording: Recording, job: Job) -> tuple[Heard, bytes]:
    """What is known of its windows, and their float16 bytes."""
    if held := recording.held:
        size = 2 * int(np.prod(job.front_end.shape))
        with Shards(job.folder).file(held.key).open("rb") as stream:
            stream.seek(held.first * size)
            return held.heard, stream.read(len(held.heard.starts) * size)
    windowed = _listen(recording, job.front_end)
    scale = windowed.scale
    known = Heard(
        recording=recording.digest,
        starts=tuple(windowed.starts.tolist()),
        offset_db=tuple(scale.offset_db.tolist()) if scale else None,
        scale_db=tuple(scale.scale_db.tolist()) if scale else None,
    )
    return known, windowed.features.astype("<f2").tobytes()


def _listen(recording: Recording, front_end: FrontEnd) -> Windowed:
    again = "It was there when the catalog was made: put it back, or ingest the data again."
    if not recording.path.is_file():
        raise SilencioError(f"{recording.uri} is missing: there is no file {recording.path}.", again)
    if digest_of_file(recording.path) != recording.digest:
        raise SilencioError(
            f"{recording.uri} ({recording.path}) is not the file that the catalog lists: its digest differs.",
            again,
        )
    try:
        # How a matrix product is shared among threads shows in its last bits: so there is one, wherever this runs.
        with _threads().limit(limits=1):
            return windows_of(recording.path, _features(front_end))
    except Unreadable as error:
        raise SilencioError(
            f"{recording.uri} cannot be heard: {error.problem}",
            "It could when the catalog was made, by another version of the decoder: ingest the data again.",
        ) from error


@lru_cache(maxsize=1)
def _features(front_end: FrontEnd) -> Features:
    """Its tables are made once a process, not once a shard."""
    return Features(front_end)


@cache
def _threads() -> ThreadpoolController:
    """Of the libraries that are loaded by now; to look for them takes milliseconds."""
    return ThreadpoolController()
