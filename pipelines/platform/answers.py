"""What the API answers, as far as we read it. States that we do not know are kept as they came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

SUCCEEDED, FAILED, SKIPPED, CANCELED = "SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"
ENDED = frozenset({SUCCEEDED, FAILED, SKIPPED, CANCELED})

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """One node of a run: a step, or one of the small ones that drive it."""

    id: str
    name: str
    state: str
    began: datetime | None
    ended: datetime | None
    error: str
    node: str
    children: frozenset[str]
    """The nodes below it."""

    @classmethod
    def read(cls, answer: Answer) -> Self:
        began, ended = _moment(answer.get("start_time")), _moment(answer.get("end_time"))
        children = answer.get("child_tasks") or ()
        return cls(
            answer.get("task_id", ""),
            answer.get("display_name", ""),
            answer.get("state", ""),
            began,
            # Until it ended the server says when time began.
            ended if began and ended and ended >= began else None,
            (answer.get("error") or {}).get("message", ""),
            answer.get("pod_name", ""),
            frozenset(child["pod_name"] for child in children if child.get("pod_name")),
        )

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds() if self.began and self.ended else 0.0


@dataclass(frozen=True)
class Run:
    id: str
    name: str
    state: str
    began: datetime | None
    error: str
    tasks: tuple[Task, ...]
    pipeline: str
    """Ids of the pipeline and of its version; empty if the run brought its own."""
    version: str
    spec: Answer
    """The pipeline's document, if the run brought its own."""
    root: str
    """Where what its steps hand over is kept; empty for the server's own place."""
    links: tuple[tuple[str, str], ...]
    """What the platform's plugins have to show: the plugin, and the address."""

    @classmethod
    def read(cls, answer: Answer) -> Self:
        reference = answer.get("pipeline_version_reference") or {}
        tasks = (answer.get("run_details") or {}).get("task_details") or ()
        return cls(
            answer["run_id"],
            answer.get("display_name", ""),
            answer.get("state", ""),
            _moment(answer.get("created_at")),
            (answer.get("error") or {}).get("message", ""),
            tuple(Task.read(task) for task in tasks),
            reference.get("pipeline_id", ""),
            reference.get("pipeline_version_id", ""),
            _document(answer.get("pipeline_spec") or {}),
            (answer.get("runtime_config") or {}).get("pipeline_root", ""),
            tuple(
                (plugin, str(entry["value"]))
                for plugin, output in (answer.get("plugins_output") or {}).items()
                for entry in (output.get("entries") or {}).values()
                if entry.get("render_type") == "URL"
            ),
        )

    @property
    def ended(self) -> bool:
        return self.state in ENDED


@dataclass(frozen=True)
class Version:
    id: str
    pipeline: str
    """The pipeline's id."""
    name: str
    spec: Answer
    """The pipeline's own document of the IR."""

    @classmethod
    def read(cls, answer: Answer) -> Self:
        spec = _document(answer.get("pipeline_spec") or {})
        return cls(answer["pipeline_version_id"], answer["pipeline_id"], answer.get("display_name", ""), spec)


@dataclass(frozen=True)
class Schedule:
    id: str
    name: str
    trigger: Answer
    """As the API has it: cron_schedule or periodic_schedule."""
    enabled: bool
    version: str
    parameters: Answer
    root: str
    account: str
    created: datetime | None
    error: str

    @classmethod
    def read(cls, answer: Answer) -> Self:
        config = answer.get("runtime_config") or {}
        return cls(
            answer["recurring_run_id"],
            answer.get("display_name", ""),
            answer.get("trigger") or {},
            answer.get("status") == "ENABLED",
            (answer.get("pipeline_version_reference") or {}).get("pipeline_version_id", ""),
            config.get("parameters") or {},
            config.get("pipeline_root", ""),
            answer.get("service_account", ""),
            _moment(answer.get("created_at")),
            (answer.get("error") or {}).get("message", ""),
        )

    @property
    def when(self) -> str:
        return rhythm(self.trigger)


def rhythm(trigger: Answer) -> str:
    """A schedule's trigger in words."""
    cron = (trigger.get("cron_schedule") or {}).get("cron")
    seconds = (trigger.get("periodic_schedule") or {}).get("interval_second")
    return f"cron {cron}" if cron else f"every {int(seconds) / 3600:g} h" if seconds else "never"


def _document(spec: Answer) -> Answer:
    """With what is asked of Kubernetes the API has two documents under their names, else the one alone."""
    document: Answer = spec.get("pipeline_spec", spec)
    return document


def _moment(said: str | None) -> datetime | None:
    """None also for the beginning of time, which the server says of what did not happen yet."""
    moment = datetime.fromisoformat(said) if said else None
    return moment if moment and moment.year > 1970 else None
