"""Weights that MLflow keeps: of a run, runs:/<run>/<path>, or of a model's version, models:/<name>@<alias>."""

import hashlib
import shutil
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from silencio.errors import WrongUse
from silencio.workspace import only_one

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")


def bring_of_mlflow(uri: str, folder: Path, server: str | None) -> Path:
    """The one file of weights there, below the folder. Asked for each time: an alias moves."""
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    place = folder / name
    try:
        with only_one(folder / f"{name}.lock"):
            shutil.rmtree(place, ignore_errors=True)
            came = Path(download_artifacts(_source(uri, server), dst_path=str(place), tracking_uri=server))
    except (MlflowException, OSError) as error:
        raise WrongUse(
            f"MLflow has no {uri}: {error}.",
            "Its own pages show what it has; SILENCIO_MLFLOW_URI says which MLflow is asked.",
        ) from error
    if came.is_file():
        return came
    found = sorted(p for p in came.rglob("*") if p.suffix in SUFFIXES)
    if len(found) != 1:
        names = ", ".join(p.relative_to(came).as_posix() for p in found) or "none"
        raise WrongUse(
            f"{uri} should hold one file of weights ({', '.join(SUFFIXES)}), and holds {names}.",
            "Name the file itself, such as runs:/<run>/checkpoint/model.safetensors.",
        )
    return found[0]


def _source(uri: str, server: str | None) -> str:
    """Where a version's artifacts lie. MLflow itself would look for its name in the default registry only."""
    if uri.startswith("runs:/"):
        return uri
    client = MlflowClient(server, server)
    name, at, alias = uri.removeprefix("models:/").partition("@")
    if at:
        return str(client.get_model_version_by_alias(name, alias).source)
    name, _, version = name.rpartition("/")
    return str(client.get_model_version(name, version).source)
