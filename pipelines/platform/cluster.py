"""What has to be settled before anything is sent: the cluster, the image, the workspace."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from silencio.errors import WrongUse
from silencio.settings import Experiment, Kubeflow, Site


def settings(**given: str | Path | None) -> Kubeflow:
    """From the environment, and what was given for this once."""
    try:
        return Kubeflow(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        found = error.errors()[0]
        name = ".".join(str(part) for part in found["loc"])
        raise WrongUse(
            f"SILENCIO_KUBEFLOW_{name.upper()} is {found.get('input')!r}: {found['msg']}.",
            "docs/kubeflow.md lists what can be set.",
        ) from error


def parameters(experiment: Experiment, cluster: Kubeflow, feedback: bool = True) -> dict[str, Any]:
    """What a run of continuous training is given; refused where its steps could not run."""
    image = Site().image
    if not image or "@sha256:" not in image:
        raise WrongUse(
            f"The steps' image is {image or 'not named'}."
            if not image
            else f"The image {image} has no digest.",
            "Build components/Containerfile, push it, and name it in SILENCIO_IMAGE by its digest, …@sha256:…: "
            "a tag may change while a run is on its way.",
        )
    if not cluster.volume:
        raise WrongUse(
            "The steps share no workspace.",
            "Name the claim of a volume that all nodes can mount (ReadWriteMany) in SILENCIO_KUBEFLOW_VOLUME.",
        )
    return {"experiment": experiment.to_yaml(), "workspace": cluster.mounted_at, "feedback": feedback}
