"""Where things run and lie."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Site(BaseSettings):
    """Where things run and lie. Nothing here changes a result."""

    model_config = SettingsConfigDict(env_prefix="SILENCIO_", extra="forbid", frozen=True)

    workspace: str = "workspace"
    mlflow_uri: str | None = None
    """MLflow's tracking server; a SQLite file in the workspace if none is named."""
    image: str | None = None
    """The image that the pipeline's steps run in on a cluster."""
    ray_address: str | None = None
    """The Ray cluster that features may be computed on and models trained; this machine if none is named."""
    ray_dashboard: str | None = None
    """Where that cluster takes jobs, such as http://head:8265; at that port of its head if none is named."""
    notify_url: SecretStr | None = None
    """Where the end of a pipeline's run is told: a webhook that takes {"text": …}, as Slack's do. Whoever knows such
    an address may post there, so it is shown nowhere."""
    stop_after_idle: Annotated[float, Field(ge=0)] = 1800.0
    """Services that are started here stop by themselves when nobody asked them for so many seconds; 0: never."""


class Platform(BaseSettings):
    """What Kubeflow Pipelines' MLflow plugin tells a step: the run that it keeps of the whole pipeline."""

    model_config = SettingsConfigDict(env_prefix="MLFLOW_", extra="ignore", frozen=True)

    tracking_uri: str | None = None
    experiment_id: str | None = None
    run_id: str | None = None
