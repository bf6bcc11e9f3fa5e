"""Checkpoints of registered versions: as they lie in the workspace, or as MLflow keeps them if they do no longer."""

import json
import logging
import tempfile
from pathlib import Path

from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from silencio.errors import SilencioError
from silencio.handover import MANIFEST, Handover, Kind, open_handover, seal
from silencio.registry.runs import Runs
from silencio.registry.versions import Registry, Version
from silencio.training.checkpoint import Checkpoint
from silencio.training.run import INPUTS
from silencio.training.tracker import KEPT
from silencio.workspace import Workspace, only_one

log = logging.getLogger(__name__)

FETCHED = "models/fetched"


def checkpoint_of(version: Version, registry: Registry, workspace: Workspace, runs: Runs) -> Checkpoint:
    """The checkpoint that a version's bundle was made from, with the inputs that led to it among its facts."""
    digest = registry.fetch(version).facts["checkpoint"]
    found = workspace.find(Kind.CHECKPOINT, digest)
    return Checkpoint(found or _fetch(digest, version.run_id, workspace, runs))


def checkpoint_with(digest: str, registry: Registry, workspace: Workspace, runs: Runs) -> Checkpoint:
    """The checkpoint of this digest, in the workspace or of any version."""
    found = workspace.find(Kind.CHECKPOINT, digest)
    if found:
        return Checkpoint(found)
    for version in reversed(registry.versions()):
        if registry.fetch(version).facts["checkpoint"] == digest:
            return checkpoint_of(version, registry, workspace, runs)
    raise SilencioError(
        f"Checkpoint {digest[:12]} is neither in {workspace.root} nor of any version of {registry.model}.",
        "Set training.warm_start to false, or bring back models/checkpoints of the workspace that trained it.",
    )


def _fetch(digest: str, run_id: str, workspace: Workspace, runs: Runs) -> Handover:
    """Sealed again from what MLflow keeps: equal content has an equal digest."""
    home = workspace / FETCHED
    folder = home / f"checkpoint-{digest[:16]}"
    with only_one(home / f"checkpoint-{digest[:16]}.lock"):
        if (folder / MANIFEST).exists():
            return open_handover(folder, Kind.CHECKPOINT)
        log.info(
            "checkpoint %s is not in the workspace: fetching it from MLflow's run %s", digest[:12], run_id
        )
        with tempfile.TemporaryDirectory(dir=home) as partial:
            came = _download(digest, run_id, Path(partial), runs)
            inputs = json.loads((came / INPUTS).read_text())
            (came / INPUTS).unlink()
            sealed = seal(came, Kind.CHECKPOINT, {"inputs": inputs, "run_id": run_id})
            if sealed.digest != digest:
                raise SilencioError(
                    f"MLflow's run {run_id} keeps checkpoint {sealed.digest[:12]}, the champion came from "
                    f"{digest[:12]}.",
                    "Somebody changed it: set training.warm_start to false, or roll back to another version.",
                )
            came.replace(folder)
    return open_handover(folder, Kind.CHECKPOINT)


def _download(digest: str, run_id: str, into: Path, runs: Runs) -> Path:
    problem = f"Checkpoint {digest[:12]}, which the champion came from, is not in the workspace"
    remedy = (
        "Bring back models/checkpoints of the workspace that trained it, or set training.warm_start to false."
    )
    try:
        came = download_artifacts(
            run_id=run_id, artifact_path=KEPT, dst_path=str(into), tracking_uri=runs.uri
        )
    except (MlflowException, OSError) as error:
        raise SilencioError(
            f"{problem}, and MLflow's run {run_id} does not give it: {error}.", remedy
        ) from error
    if not (Path(came) / INPUTS).is_file():
        raise SilencioError(f"{problem}, and MLflow's run {run_id} does not keep all of it.", remedy)
    return Path(came)
