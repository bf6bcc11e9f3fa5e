"""Where the released data lie, and what stands for them."""

import logging
from pathlib import Path

from silencio.data import reserve
from silencio.data.ingest.contents import Contents
from silencio.identity import code_digest, digest_of
from silencio.progress import Tell, counting, nobody
from silencio.settings import Data, Reserve
from silencio.workspace import Workspace

log = logging.getLogger(__name__)


def release_folder(data: Data, workspace: Workspace, tell: Tell = nobody) -> Path:
    """As delivered; the built-in reserve is composed on first use."""
    if data.path is not None:
        return delivered_at(data.path, workspace)
    return compose_reserve(data.reserve, workspace / "raw", tell)


def delivered_at(path: Path, workspace: Workspace) -> Path:
    """`data.path` as seen from here; what is not there is looked for in the workspace, where raw/ is for it."""
    return path.resolve() if path.exists() else workspace.root / path


def compose_reserve(settings: Reserve, raw: Path, tell: Tell = nobody) -> Path:
    key = reserve_key(settings)
    folder, partial = raw / f"reserve-{key[:12]}", raw / f"reserve-{key[:12]}.partial"
    if not folder.exists():
        log.info("composing a reserve of %d species", settings.species)
        partial.mkdir(exist_ok=True)
        reserve.compose(settings, partial, counting(tell, "recordings composed"))
        partial.rename(folder)
    return folder


def release_key(data: Data, workspace: Workspace, contents: Contents, tell: Tell = nobody) -> str:
    """Stands for the released data: the reserve's settings, or each file's name and content."""
    if data.path is None:
        return reserve_key(data.reserve)
    return contents.listing(delivered_at(data.path, workspace), counting(tell, "files read"))


def reserve_key(settings: Reserve) -> str:
    return digest_of({"settings": settings.model_dump(), "code": code_digest("data/reserve")})
