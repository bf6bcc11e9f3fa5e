"""The hand-over: a finished folder with a manifest of SHA-256 digests, known by one digest of its own.

A folder with a manifest is whole; one without is work in progress. Rooms pass hand-overs to each other, and
processes pass their receipts, which say where a hand-over lies and what it must hash to.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from silencio.errors import SilencioError
from silencio.identity import digest_of, digest_of_file

MANIFEST = "manifest.json"
UNFINISHED = f"{MANIFEST}.partial"


class Kind(StrEnum):
    """What is handed over; the value is its folder in the workspace."""

    CATALOG = "processed/catalogs"
    WINDOWS = "processed/windows"
    TRIALS = "processed/trials"
    CHECKPOINT = "models/checkpoints"
    REPORT = "reports"
    BUNDLE = "models/bundles"
    IMAGE = "models/images"

    @property
    def noun(self) -> str:
        return self.name.lower()


VERSIONS: Mapping[Kind, int] = dict.fromkeys(Kind, 1) | {
    Kind.CATALOG: 2,
    Kind.WINDOWS: 4,
    Kind.BUNDLE: 2,
}
"""The layout that this code writes and reads, by kind."""


@dataclass(frozen=True)
class Receipt:
    """What travels between processes in place of the folder itself."""

    kind: str
    address: str
    digest: str
    facts: Mapping[str, Any]

    def to_text(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.to_text())

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.from_text(path.read_text())

    def open(self, kind: Kind) -> "Handover":
        """The hand-over itself; raises if it was sealed again since the receipt was written.

        No file is hashed: `verify` does that, where it is worth the minutes.
        """
        handover = open_handover(Path(self.address), kind)
        if handover.digest != self.digest:
            raise SilencioError(
                f"The {kind.noun} at {self.address} is {handover.digest[:12]}; "
                f"the step before handed over {self.digest[:12]}.",
                "Something rewrote it in between: run the pipeline again.",
            )
        return handover


@dataclass(frozen=True)
class Handover:
    kind: Kind
    folder: Path
    digest: str
    files: Mapping[str, str]
    facts: Mapping[str, Any]
    just_made: bool = field(default=False, compare=False)
    """By whoever gives it; else it lay there whole."""

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def receipt(self) -> Receipt:
        return Receipt(self.kind.noun, str(self.folder.resolve()), self.digest, self.facts)

    def verify(self) -> Self:
        """Hash every file again and raise on the first that differs, is missing, or is not listed.

        A link is none of them, wherever it leads: what it names may change afterwards.
        """
        for path in sorted(self.folder.rglob("*")):
            if path.is_symlink():
                raise SilencioError(
                    f"{path} is a link; a {self.kind.noun} holds its own files.",
                    "Delete that folder, and it is made again; never use it as it is.",
                )
        found = _contents(self.folder, known={})
        for name in sorted(self.files.keys() | found.keys()):
            if self.files.get(name) == found.get(name):
                continue
            how = "is missing" if name not in found else "was changed" if name in self.files else "was added"
            raise SilencioError(
                f"{self.folder / name} {how} since the {self.kind.noun} was sealed.",
                "Delete that folder, and it is made again; never use it as it is.",
            )
        text = (self.folder / MANIFEST).read_text()
        if _digest(self.kind, self.files) != self.digest or text != _manifest(self):
            raise SilencioError(
                f"{self.folder / MANIFEST} was changed since the {self.kind.noun} was sealed.",
                "Delete that folder, and it is made again; never use it as it is.",
            )
        return self


def seal(
    folder: Path, kind: Kind, facts: Mapping[str, Any] | None = None, known: Mapping[str, str] | None = None
) -> Handover:
    """Write the manifest of a finished folder. The digest covers the files' contents, not the facts.

    `known` holds digests by file name that whoever wrote those files vouches for: gigabytes that did not change
    are not hashed again.
    """
    files = _contents(folder, known or {})
    sealed = Handover(kind, folder, _digest(kind, files), files, dict(facts or {}))
    partial = folder / UNFINISHED
    partial.write_text(_manifest(sealed))
    partial.replace(folder / MANIFEST)
    return sealed


def _manifest(handover: Handover) -> str:
    """Its text, to the byte. The facts are no part of what a hand-over is known by; that they are whole is told
    by a digest of their own."""
    manifest = {
        "kind": handover.kind.noun,
        "version": VERSIONS[handover.kind],
        "digest": handover.digest,
        "facts": handover.facts,
        "facts_digest": digest_of(handover.facts),
        "files": handover.files,
    }
    return json.dumps(manifest, indent=2, sort_keys=True) + "\n"


def open_handover(folder: Path, kind: Kind) -> Handover:
    path = folder / MANIFEST
    if not path.exists():
        raise SilencioError(
            f"There is no finished {kind.noun} at {folder}.",
            f"Check the path, or run the step that makes the {kind.noun} again.",
        )
    try:
        manifest = json.loads(path.read_text())
        found, known = (manifest["kind"], manifest["version"]), (kind.noun, VERSIONS[kind])
        handover = Handover(kind, folder, manifest["digest"], manifest["files"], manifest["facts"])
    except (ValueError, KeyError, TypeError) as error:
        raise SilencioError(
            f"{path} is damaged: {error!r}.",
            "Delete that folder, and it is made again; never use it as it is.",
        ) from error
    if found != known:
        raise SilencioError(
            f"{folder} holds a {found[0]} of version {found[1]}, not a {known[0]} of version {known[1]}.",
            f"Give the path of a {kind.noun}, or make it again with this version of silencio.",
        )
    return handover


def _contents(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """The digest of every file that a manifest lists; a manifest that a kill cut short is none of them."""
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    listed = {n: p for n, p in sorted(files.items()) if n not in (MANIFEST, UNFINISHED)}
    return {n: known.get(n) or digest_of_file(p) for n, p in listed.items()}


def _digest(kind: Kind, files: Mapping[str, str]) -> str:
    return digest_of({"kind": kind.noun, "version": VERSIONS[kind], "files": files})
