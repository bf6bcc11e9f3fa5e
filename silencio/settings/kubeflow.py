"""A Kubeflow cluster: how it is reached, and what every step finds there."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from silencio.settings.section import Count

Quantity = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(m|[KMGT]i?)?$")]
"""As Kubernetes writes it: 2, 500m, 8Gi."""


class Kubeflow(BaseSettings):
    """From SILENCIO_KUBEFLOW_… in the environment. Nothing here changes a result."""

    model_config = SettingsConfigDict(
        env_prefix="SILENCIO_KUBEFLOW_", extra="forbid", frozen=True, env_ignore_empty=True
    )

    host: str | None = None
    """Where the API is, such as https://kubeflow.example.org/pipeline."""
    page: str | None = None
    """Where people see its pages, if that is somewhere else."""
    namespace: str | None = None
    """Whose pipelines and runs; a cluster that several people share has to be told."""
    token: SecretStr | None = None
    token_file: Path | None = None
    """Is read again for every request: clusters renew what is in it."""
    certificate: Path | None = None
    """Of the authority that vouches for the host, if this machine does not know it."""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    """Seconds that one answer may take to begin, and to go on."""
    patience: Annotated[float, Field(ge=0)] = 120.0
    """Seconds over which a request is repeated while the host is away or overloaded."""

    pipeline_root: str | None = None
    """Where Kubeflow keeps what steps hand over, such as s3://bucket/pipelines; its own setting if none is named."""
    service_account: str | None = None
    """Whom the steps act as."""
    pull: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """An image that is named by its digest never changes, so what a node has already is right."""
    pull_secret: str | None = None
    """The secret that opens the image's registry."""
    volume: str | None = None
    """The claim (PersistentVolumeClaim) of the volume that all steps share: the workspace lies on it."""
    mounted_at: str = "/workspace"
    """Where the steps find that volume."""
    mlflow_secret: str | None = None
    """The secret with the keys `username` and `password` for MLflow's server."""
    storage_secret: str | None = None
    """The secret with the keys `access-key-id` and `secret-access-key` for MLflow's artifacts on S3."""
    storage_endpoint: str | None = None
    """Where that S3 is, if it is not Amazon's."""
    notify_secret: str | None = None
    """The secret with the key `url`, the webhook that is told how a run ended."""
    training_cpu: Quantity = "2"
    """Cores of each step that computes: training, features, evaluation, the search."""
    training_memory: Quantity = "8Gi"
    training_gpus: Annotated[int, Field(ge=0)] = 0
    training_at_once: Count = 2
    """Members of an ensemble that train at the same time: it asks at most twice what a single model does of a cluster
    that others use as well."""
    training_hours: Annotated[float, Field(gt=0)] = 24.0
    """After so long a step that computes is stopped; its next attempt goes on where it was."""
