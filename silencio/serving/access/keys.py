"""The file of keys: who may ask for what. Of a key itself only a hash is kept.

A key is 256 bits from the system's own source of chance. Slow hashes protect what people think up, which can be
guessed; this cannot, so that a fast hash loses nothing, and a request does not pay for a slow one.
"""

import fcntl
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from silencio.errors import SilencioError, WrongUse
from silencio.serving.access.scopes import Scope

log = logging.getLogger(__name__)

PREFIX = "silencio_"
"""So that scanners of repositories know a key when they see one."""
NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class Key:
    name: str
    scopes: frozenset[Scope]
    hash: str
    """BLAKE2b-256 of the key, in hexadecimal."""
    made: datetime

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


class KeyFile:
    """Read again whenever it changes: a key that is revoked is refused at the next request."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], tuple[Key, ...]] | None = None

    def all(self) -> tuple[Key, ...]:
        try:
            is_now = self._path.stat()
            seen = (is_now.st_mtime_ns, is_now.st_size, is_now.st_ino)
            if self._read is None or self._read[0] != seen:
                self._read = seen, tuple(map(_from_json, json.loads(self._path.read_text())["keys"]))
        except FileNotFoundError as error:
            raise WrongUse(
                f"There is no file of keys at {self._path}.",
                f"Make one: silencio keys add NAME --scope identify --file {self._path}.",
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SilencioError(
                f"The file of keys {self._path} cannot be read: {error!r}.", "Mend it, or make it anew."
            ) from error
        return self._read[1]

    def find(self, shown: str) -> Key | None:
        """Whose key it is. Every key is compared, each in the same time whatever it shares with the one shown."""
        hashed = _hash(shown)
        found = [key for key in self.all() if hmac.compare_digest(key.hash, hashed)]
        return found[0] if found else None

    def add(self, name: str, scopes: Sequence[Scope]) -> str:
        """A new key, which nobody can read again."""
        if not NAME.fullmatch(name):
            raise WrongUse(f"{name!r} is no name for a key.", "Use letters, digits, dots and dashes.")
        if not scopes:
            raise WrongUse(f"The key {name} may do nothing.", f"Give it a scope of {', '.join(Scope)}.")
        key = PREFIX + secrets.token_urlsafe(32)
        with self._locked():
            there = self.all() if self._path.exists() else ()
            if name in [k.name for k in there]:
                raise WrongUse(f"There is a key {name} already.", "Revoke it, or choose another name.")
            self._write([*there, Key(name, frozenset(scopes), _hash(key), datetime.now(UTC))])
        return key

    def revoke(self, name: str) -> None:
        with self._locked():
            there = self.all()
            left = [key for key in there if key.name != name]
            if len(left) == len(there):
                raise WrongUse(
                    f"There is no key {name}.", f"There are: {', '.join(k.name for k in there) or 'none'}."
                )
            self._write(left)

    def _write(self, keys: Sequence[Key]) -> None:
        partial = self._path.with_name(f".{self._path.name}.partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump({"keys": [_to_json(key) for key in keys]}, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Two who add at once must not each write over the other's key."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(f".{self._path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _hash(key: str) -> str:
    return blake2b(key.encode("utf-8", "replace"), digest_size=32).hexdigest()


def _from_json(content: dict[str, Any]) -> Key:
    scopes = frozenset(Scope(scope) for scope in content["scopes"])
    return Key(content["name"], scopes, content["hash"], datetime.fromisoformat(content["made"]))


def _to_json(key: Key) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "hash": key.hash,
        "made": key.made.isoformat(timespec="seconds"),
    }
