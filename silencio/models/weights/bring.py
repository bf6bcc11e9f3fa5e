"""Where weights come from: a file, an address, or MLflow. What was brought once is not asked for again."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from silencio.data.download.fetch import Later, Never, fetch, host_of
from silencio.data.download.part import Part
from silencio.data.download.patience import Patience
from silencio.errors import SilencioError, WrongUse
from silencio.identity import digest_of_file
from silencio.settings import Model
from silencio.workspace import only_one

MAX_BYTES = 4 << 30
PATIENCE = Patience(total=3600.0)


@dataclass(frozen=True)
class Sources:
    folder: Path
    """Keeps what is downloaded."""
    mlflow_uri: str | None = None
    """MLflow's tracking server or database, for models:/… and runs:/…"""
    patience: Patience = PATIENCE
    max_bytes: int = MAX_BYTES


def bring(settings: Model, sources: Sources) -> Path | None:
    """The file of weights that the settings name, on this machine, its digest checked; None if they name none."""
    named = settings.weights
    if named is None:
        return None
    if named.startswith(("models:/", "runs:/")):
        # Two seconds, for whoever needs it.
        from silencio.models.weights.of_mlflow import bring_of_mlflow

        path = bring_of_mlflow(named, sources.folder, sources.mlflow_uri)
    elif "://" in named:
        path = _of_an_address(named, sources)
    else:
        path = Path(named)
    if not path.is_file():
        raise WrongUse(
            f"There is no file {path}, which model.weights names for {settings.architecture}.",
            "Put it there, or name another: docs/weights.md says which file is whose, and where it is published.",
        )
    found = digest_of_file(path)
    if settings.weights_digest not in (None, found):
        raise WrongUse(
            f"{path} has the digest {found}, and model.weights_digest is {settings.weights_digest}.",
            "It is another file than was meant, or was damaged on its way: delete it and bring it again.",
        )
    return path


def _of_an_address(url: str, sources: Sources) -> Path:
    sources.folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    path = sources.folder / f"{name}-{PurePosixPath(url.partition('?')[0]).name}"
    with only_one(sources.folder / f"{name}.lock"):
        if not path.exists():
            part = Part(sources.folder / f"{name}.part", url)
            try:
                asyncio.run(_download(part, sources))
            except (Never, Later, TimeoutError) as error:
                raise SilencioError(
                    f"The weights at {url} did not come: {str(error) or 'it took too long'}.",
                    "Fetch them where you can, and name the file in model.weights.",
                ) from error
            part.path.replace(path)
            part.forget()
    return path


async def _download(part: Part, sources: Sources) -> None:
    """Attempt after attempt, each going on where the one before broke off."""
    host_of(part.url)
    patience = sources.patience
    timeout = httpx.Timeout(patience.read, connect=patience.connect, pool=None)
    async with httpx.AsyncClient(timeout=timeout) as client:
        for attempt in range(patience.attempts):
            try:
                async with asyncio.timeout(patience.total):
                    await fetch(client, part, sources.max_bytes)
            except Later as error:
                if attempt + 1 == patience.attempts or (error.after or 0) > patience.longest_asked:
                    raise
                await asyncio.sleep(patience.wait(attempt) if error.after is None else error.after)
            else:
                return
