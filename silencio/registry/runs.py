"""A training as a run in MLflow."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from silencio.settings import Site
from silencio.training.epoch import Epoch
from silencio.workspace import Workspace

KEY = "silencio.key"
KEPT = "checkpoint"
"""The folder of a run's artifacts that holds its checkpoint."""


def tracking_uri(site: Site, workspace: Workspace) -> str:
    """The server that the site names, else a SQLite file in the workspace."""
    return site.mlflow_uri or f"sqlite:///{workspace / 'mlflow'}/mlflow.db"


@dataclass(frozen=True)
class MlflowRun:
    client: MlflowClient
    run_id: str

    def epoch(self, epoch: Epoch) -> None:
        for name, value in epoch.figures().items():
            self.client.log_metric(self.run_id, name, value, step=epoch.number)

    def keep(self, path: Path) -> None:
        self.client.log_artifact(self.run_id, str(path), KEPT)


class Runs:
    """Opens trackers for `silencio.training.run.train`."""

    def __init__(self, site: Site, workspace: Workspace) -> None:
        self.uri = tracking_uri(site, workspace)
        self.client = MlflowClient(self.uri)
        self._artifacts = None if site.mlflow_uri else (workspace / "mlflow/artifacts").as_uri()

    @contextmanager
    def open(self, key: str, described: Mapping[str, Any]) -> Iterator[MlflowRun]:
        """A training that goes on after a kill goes on in the run that it began, found by its key."""
        experiment = self._experiment(f"silencio-{described['experiment']}")
        found = self.client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", max_results=1)
        run_id = found[0].info.run_id if found else self._begin(experiment, key, described)
        self.client.update_run(run_id, status="RUNNING")
        try:
            yield MlflowRun(self.client, run_id)
        except BaseException:
            self.client.set_terminated(run_id, "KILLED")
            raise
        self.client.set_terminated(run_id, "FINISHED")

    def _experiment(self, name: str) -> str:
        known = self.client.get_experiment_by_name(name)
        if known:
            return str(known.experiment_id)
        location = f"{self._artifacts}/{name}" if self._artifacts else None
        return str(self.client.create_experiment(name, artifact_location=location))

    def _begin(self, experiment: str, key: str, described: Mapping[str, Any]) -> str:
        run = self.client.create_run(
            experiment, tags={KEY: key}, run_name=f"{described['experiment']}-{key[:8]}"
        )
        for name, value in flatten(described).items():
            self.client.log_param(run.info.run_id, name, value)
        return str(run.info.run_id)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} to {"a.b": 1}"""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = (
            flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
        )
        flat |= inner
    return flat
