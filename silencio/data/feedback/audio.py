"""Where audio is kept, by names that stand for its content: a folder, or a bucket that speaks S3."""

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from silencio.errors import WrongUse

PARTIAL = ".partial"
STALE_SECONDS = 3600.0
"""A partial file that is older belongs to a process that was killed."""


class Audio(Protocol):
    def put(self, name: str, recording: bytes) -> None:
        """Whole or not at all; nothing happens if it is there."""

    def settle(self, name: str) -> bool:
        """See to it that it outlives a power cut; False if it is not there."""

    def remove(self, name: str) -> None:
        """Nothing happens if it is not there."""

    def bring(self, name: str, folder: Path) -> None:
        """Into a folder of this machine, unless it lies there. If it is gone, nothing comes."""

    def tidy(self) -> None:
        """Remove what killed processes left."""


class AudioFolder:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, recording: bytes) -> None:
        path = self.folder / name
        if path.exists():
            return
        # Of two that write the same, each has a file of its own until it is whole.
        partial = self.folder / f".{uuid.uuid4().hex}{PARTIAL}"
        try:
            _write(partial, recording)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def settle(self, name: str) -> bool:
        try:
            _sync(self.folder / name)
        except FileNotFoundError:
            return False
        _sync(self.folder)
        return True

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def bring(self, name: str, folder: Path) -> None:
        """It lies where a catalog looks for it."""

    def tidy(self) -> None:
        for partial in self.folder.glob(f".*{PARTIAL}"):
            try:
                if time.time() - partial.stat().st_mtime > STALE_SECONDS:
                    partial.unlink(missing_ok=True)
            except FileNotFoundError:
                continue  # its writer is done


class AudioBucket:
    """`address` is s3://bucket/folder; region, endpoint and keys are in the environment, as AWS's own tools read
    them. A bucket's objects are whole or not there, and safe once they are."""

    def __init__(self, address: str) -> None:
        if not address.startswith("s3://"):
            raise WrongUse(
                f"keeping.audio is {address}, and no address of a bucket.",
                "Write s3://bucket/folder, or leave it out for the feedback folder.",
            )
        try:
            from obstore.store import S3Store
        except ModuleNotFoundError as error:
            raise WrongUse(
                f"keeping.audio is {address}, and nothing here speaks S3.", "Install silencio[storage]."
            ) from error
        self._bucket = S3Store.from_url(
            address,
            client_options={
                "timeout": timedelta(seconds=10),
                "connect_timeout": timedelta(seconds=3),
                "allow_http": True,  # whoever names an endpoint without TLS, in a cluster of their own, means it
            },
            retry_config={"max_retries": 2},
        )

    def put(self, name: str, recording: bytes) -> None:
        import obstore

        if not self.settle(name):
            obstore.put(self._bucket, name, recording)

    def settle(self, name: str) -> bool:
        import obstore

        try:
            obstore.head(self._bucket, name)
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: str) -> None:
        import obstore

        obstore.delete(self._bucket, name)

    def bring(self, name: str, folder: Path) -> None:
        import obstore

        if (folder / name).exists():
            return
        try:
            content = bytes(obstore.get(self._bucket, name).bytes())
        except FileNotFoundError:
            return
        AudioFolder(folder).put(name, content)

    def tidy(self) -> None:
        """Nothing is ever half there."""


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except FileNotFoundError:  # the folder's first
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
