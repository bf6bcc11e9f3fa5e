"""From a journal to MLflow, in order. Every entry may be delivered twice, when the first time was cut short before
it was marked, and nothing is doubled: MLflow takes a metric of the same step, time and value once, a file under the
same name takes the other's place, and a run is found again by its key."""

import json
import logging
import shutil
from dataclasses import dataclass, replace

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from silencio.registry.described import KEY
from silencio.registry.journal import Begin, Delivered, End, Entry, Figures, File, Journal, Outbox
from silencio.settings import Platform

log = logging.getLogger(__name__)

PARENT = "mlflow.parentRunId"
AT_ONCE = 100
"""Parameters that MLflow takes in one request."""
REFUSED = {401, 403}
INVALID = {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "BAD_REQUEST"}
"""What MLflow says of an entry that it will not take tomorrow either, such as one for a run that was deleted."""


@dataclass(frozen=True)
class Delivery:
    client: MlflowClient
    outbox: Outbox
    artifacts: str | None
    """Where those of new experiments lie, if not where the server puts them."""
    platform: Platform

    def deliver(self, journal: Journal) -> None:
        """What waits. Raises what MLflow's client raises; what was delivered till then is marked."""
        delivered = journal.delivered
        for entry, end in journal.entries(delivered.bytes):
            try:
                delivered = self._write(entry, journal, delivered)
            except MlflowException as error:
                if isinstance(entry, Begin) or error.error_code not in INVALID:
                    raise
                log.warning("MLflow does not take %s of run %s: %s", entry.kind, delivered.run_id, error)
            delivered = replace(delivered, bytes=end)
            journal.mark(delivered)

    def look_for(self, experiment: str, key: str) -> str | None:
        """The run of a key, in an experiment by its name, which may not be there."""
        known = self._known(experiment)
        return next(iter(self.find(known, key)), None) if known else None

    def find(self, experiment: str, key: str) -> list[str]:
        """Runs of a key, in an experiment by its id; the first one is the one that counts."""
        found = self.client.search_runs(
            [experiment], f"tags.`{KEY}` = '{key}'", order_by=["attributes.start_time ASC"]
        )
        return [str(run.info.run_id) for run in found]

    def _write(self, entry: Entry, journal: Journal, delivered: Delivered) -> Delivered:
        if isinstance(entry, Begin):
            return self._begin(entry, delivered)
        run_id = delivered.run_id
        assert run_id, "a journal begins with a beginning"
        if isinstance(entry, Figures):
            values = [Metric(name, value, entry.at, entry.step) for name, value in entry.values.items()]
            self.client.log_batch(run_id, metrics=values)
        elif isinstance(entry, File):
            self._send(entry, journal, run_id)
        else:
            self._end(entry, journal.beginning.key, delivered)
        return delivered

    def _begin(self, begin: Begin, before: Delivered) -> Delivered:
        experiment = before.experiment_id or self._experiment(begin.experiment)
        found = self.find(experiment, begin.key)
        run_id = before.run_id if before.run_id in found else next(iter(found), None)
        if run_id is None:
            created = self.client.create_run(
                experiment, begin.at, {KEY: begin.key, **self._place(begin, experiment)}, begin.name
            )
            run_id = str(created.info.run_id)
        run = self.client.get_run(run_id)
        missing = [Param(name, v) for name, v in begin.parameters.items() if name not in run.data.params]
        for first in range(0, len(missing), AT_ONCE):
            self.client.log_batch(run_id, params=missing[first : first + AT_ONCE])
        self.client.log_batch(run_id, tags=[RunTag(name, value) for name, value in begin.tags.items()])
        if begin.data:
            self.client.log_inputs(run_id, [_dataset(*named) for named in begin.data.items()])
        self.client.update_run(run_id, status="RUNNING")
        return replace(before, run_id=run_id, experiment_id=experiment)

    def _place(self, begin: Begin, experiment: str) -> dict[str, str]:
        """A run that is no part of another is a part of the platform's, if it was started by one: the platform
        ends that one itself, after other steps, and a step that is repeated must find its own run again."""
        if begin.within is None:
            return {PARENT: self.platform.run_id} if self.platform.run_id else {}
        parent = self.outbox.journal(begin.within).delivered.run_id
        found = [parent] if parent else self.find(experiment, begin.within)
        return {PARENT: found[0]} if found else {}

    def _experiment(self, name: str) -> str:
        location = f"{self.artifacts}/{name}" if self.artifacts else None
        return self._known(name) or str(self.client.create_experiment(name, artifact_location=location))

    def _known(self, experiment: str) -> str | None:
        if self.platform.experiment_id:
            return self.platform.experiment_id
        known = self.client.get_experiment_by_name(experiment)
        return str(known.experiment_id) if known else None

    def _send(self, file: File, journal: Journal, run_id: str) -> None:
        path = journal.folder / "files" / file.name
        # One that is gone was sent before the mark could be set.
        if path.exists():
            self.client.log_artifact(run_id, str(path), file.place)
            shutil.rmtree(path.parent)

    def _end(self, end: End, key: str, delivered: Delivered) -> None:
        run_id, experiment = delivered.run_id, delivered.experiment_id
        assert run_id
        assert experiment
        self.client.set_terminated(run_id, end.status, end.at)
        # A server that stalled may have made a run that nobody waited for any longer.
        for double in self.find(experiment, key):
            if double != run_id:
                self.client.delete_run(double)


def is_refused(error: Exception) -> bool:
    """Whether the server asks for another login."""
    if isinstance(error, MlflowException):
        return error.get_http_status_code() in REFUSED
    # What requests raises for a file.
    return getattr(getattr(error, "response", None), "status_code", None) in REFUSED


def _dataset(kind: str, digest: str) -> DatasetInput:
    # MLflow's tables hold 36 letters of a digest; the whole of it is a parameter.
    source = json.dumps({"uri": f"silencio:{kind}/{digest}"})
    return DatasetInput(
        Dataset(kind, digest[:36], "local", source), [InputTag("mlflow.data.context", "training")]
    )
