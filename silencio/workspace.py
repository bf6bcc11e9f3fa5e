"""The workspace: one folder under which a run reads and writes everything."""

import fcntl
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from silencio.errors import WrongUse
from silencio.handover import MANIFEST, Handover, Kind, open_handover, seal
from silencio.identity import digest_of

log = logging.getLogger(__name__)

FOLDERS = (
    "raw",  # recordings as delivered
    "processed",  # catalogs and windows
    "models",  # checkpoints, bundles, images
    "reports",
    "logs",
    "online_input",
    "online_output",
    "mlflow",
    "records",  # the promotion record
    "pipeline",  # what Kubeflow's local runner keeps
)


@dataclass(frozen=True)
class Filled:
    """What a build says of the folder that it filled."""

    facts: Mapping[str, Any]
    known: Mapping[str, str] = field(default_factory=dict)
    """Digests that need not be computed, by file name."""


class Workspace:
    def __init__(self, root: Path | str) -> None:
        if "://" in str(root):
            raise WrongUse(
                f"The workspace {root} is not on a local disk.",
                "Object stores come with a later version: name a folder, such as workspace/.",
            )
        self.root = Path(root).resolve()

    def __truediv__(self, name: str) -> Path:
        """A folder of the workspace, made if need be."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def produce(
        self,
        kind: Kind,
        inputs: Mapping[str, Any],
        build: Callable[[Path], Mapping[str, Any] | Filled],
    ) -> Handover:
        """The hand-over that these inputs lead to: found if it is whole, built if it is not.

        `build` fills the folder that it is given and returns the facts for the manifest, with digests if it knows
        some. Killed on its way, it is called again with what it left behind, so it can go on from there.
        """
        key = digest_of(inputs)
        home = self / kind.value
        folder, partial = home / key[:16], home / f"{key[:16]}.partial"
        with only_one(home / f"{key[:16]}.lock"):
            if (folder / MANIFEST).exists():
                log.debug("%s %s is there already", kind.noun, key[:12])
                return open_handover(folder, kind)
            # A folder without a manifest under the final name was damaged by hand: nothing in it is trusted.
            shutil.rmtree(folder, ignore_errors=True)
            partial.mkdir(exist_ok=True)
            built = build(partial)
            filled = built if isinstance(built, Filled) else Filled(built)
            seal(partial, kind, {"inputs": dict(inputs)} | dict(filled.facts), filled.known)
            partial.replace(folder)
        return replace(open_handover(folder, kind), just_made=True)

    def abandon(self, kind: Kind, key: str) -> None:
        """Remove what a build left behind that nobody will go on with; `key` is the digest of its inputs."""
        home = self / kind.value
        with only_one(home / f"{key[:16]}.lock"):
            shutil.rmtree(home / f"{key[:16]}.partial", ignore_errors=True)

    def find(self, kind: Kind, digest: str) -> Handover | None:
        """The whole hand-over of this digest, whatever its inputs were."""
        for manifest in sorted((self / kind.value).glob(f"*/{MANIFEST}")):
            if not manifest.parent.name.endswith(".partial"):
                found = open_handover(manifest.parent, kind)
                if found.digest == digest:
                    return found
        return None


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Of two processes that want to make the same thing, the second waits and finds it done."""
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
