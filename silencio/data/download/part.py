"""What has arrived of a file, and which file it is a part of: so that two files are never glued into one."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from io import FileIO
from pathlib import Path

from silencio.data.download.patience import http_date


@dataclass(frozen=True)
class Origin:
    """Which file the bytes are of."""

    url: str
    validator: str | None
    """Changes whenever the file does: its ETag, else Last-Modified. Without one nobody can go on with a part."""
    size: int | None
    """Of the whole file, in bytes."""


class Part:
    """`<name>` holds the bytes, `<name>.json` their origin; one without the other is worth nothing."""

    def __init__(self, path: Path, url: str) -> None:
        self.path, self.url = path, url
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def origin(self) -> Origin | None:
        """None if there is nothing to go on with."""
        try:
            origin = Origin(**json.loads(self._note.read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return origin if origin.url == self.url and self.path.exists() else None

    @property
    def is_whole(self) -> bool:
        origin = self.origin
        return origin is not None and origin.size is not None and origin.size == self.size

    def begin(self, origin: Origin) -> FileIO:
        """Open for the first byte. Killed between any two of these lines, no bytes lie beside a wrong origin.

        Nothing is buffered: what came lies on the disk, even if we are killed.
        """
        self.forget()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stream = self.path.open("wb", buffering=0)
        fresh = self._note.with_name(f"{self._note.name}.new")
        fresh.write_text(json.dumps(asdict(origin)))
        fresh.replace(self._note)
        return stream

    def go_on(self) -> FileIO:
        return self.path.open("ab", buffering=0)

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def validator(headers: Mapping[str, str]) -> str | None:
    """What an answer says of which file it is, if that is strong enough to ask for the rest by (RFC 9110, 8.8)."""
    etag = headers.get("etag", "")
    if etag.startswith('"'):  # W/"…" names what means the same, not what is the same
        return etag
    changed, now = http_date(headers.get("last-modified", "")), http_date(headers.get("date", ""))
    if changed and now and now - changed >= timedelta(seconds=1):  # it may change twice within a second
        return headers["last-modified"]
    return None
