"""A training as a run in MLflow."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from silencio.settings import Site
from silencio.training.epoch import Epoch
from silencio.training.tracker import Described, OpenTracker
from silencio.workspace import Workspace

KEY = "silencio.key"


def tracking_uri(site: Site, workspace: Workspace) -> str:
    """The server that the site names, else a SQLite file in the workspace."""
    return site.mlflow_uri or f"sqlite:///{workspace / 'mlflow'}/mlflow.db"


@dataclass(frozen=True)
class MlflowRun:
    client: MlflowClient
    key: str
    run_id: str

    def epoch(self, epoch: Epoch) -> None:
        self.figures(epoch.figures(), epoch.number)

    def figures(self, figures: Mapping[str, float], step: int) -> None:
        for name, value in figures.items():
            self.client.log_metric(self.run_id, name, value, step=step)

    def keep(self, path: Path, place: str = "checkpoint") -> None:
        self.client.log_artifact(self.run_id, str(path), place)


class Runs:
    """Opens trackers for `silencio.training.run.train`."""

    def __init__(self, site: Site, workspace: Workspace) -> None:
        self.uri = tracking_uri(site, workspace)
        self.client = MlflowClient(self.uri)
        self._artifacts = None if site.mlflow_uri else (workspace / "mlflow/artifacts").as_uri()

    @contextmanager
    def open(
        self, key: str, described: Described, name: str | None = None, within: str | None = None
    ) -> Iterator[MlflowRun]:
        """A training that goes on after a kill goes on in the run that it began, found by its key.

        `within` is the key of the run that this one is a part of.
        """
        experiment = self._experiment(f"silencio-{described.experiment}")
        found = self.client.search_runs([experiment], f"tags.`{KEY}` = '{key}'", max_results=1)
        run_id = found[0].info.run_id if found else self._begin(experiment, key, described, name, within)
        self.client.update_run(run_id, status="RUNNING")
        try:
            yield MlflowRun(self.client, key, run_id)
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

    def _begin(
        self, experiment: str, key: str, described: Described, name: str | None, within: str | None
    ) -> str:
        tags = {KEY: key}
        for parent in self.client.search_runs([experiment], f"tags.`{KEY}` = '{within}'", max_results=1):
            tags["mlflow.parentRunId"] = parent.info.run_id
        run = self.client.create_run(
            experiment, tags=tags, run_name=name or f"{described.experiment}-{key[:8]}"
        )
        for parameter, value in flatten(described.settings).items():
            self.client.log_param(run.info.run_id, parameter, value)
        return str(run.info.run_id)

    def group(
        self, key: str, name: str, described: Described, within: str | None = None
    ) -> AbstractContextManager[MlflowRun]:
        """A run that others are parts of: they are opened `within` its key, or by `inside`."""
        return self.open(key, described, name, within)

    def inside(self, key: str) -> OpenTracker:
        """What `train` takes, for trainings that are parts of the run of this key."""
        return partial(self.open, within=key)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} to {"a.b": 1}"""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        inner = (
            flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
        )
        flat |= inner
    return flat
