"""A run on a cluster, followed from here: its steps as they come, and what it came to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pipelines.platform.answers import CANCELED, FAILED, SKIPPED, SUCCEEDED, Run, Task
from pipelines.platform.client import Client
from pipelines.platform.running import look
from pipelines.platform.uploads import version
from pipelines.shape import Spec, steps
from pipelines.shape import Step as Known
from pipelines.step import REFUSING, Follow, State, Step
from silencio.errors import SilencioError

SHORTEST, LONGEST = 1.0, 10.0
"""Seconds between two looks: often while things change, seldom while a training takes its time."""
STATES = {
    SUCCEEDED: State.DONE,
    FAILED: State.FAILED,
    CANCELED: State.FAILED,
    **dict.fromkeys(("PENDING", "RUNNING", "PAUSED", "CANCELING"), State.RUNNING),
}
IDLE = {"watch", "notify"}
"""The components of a run that had no reason to train."""
SAYS = {
    CANCELED: "stopped",
    "PENDING": "waits for its pod",
    "PAUSED": "paused",
    "CANCELING": "is told to stop",
}


class Verdict(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    BROKE = "broke"


@dataclass(frozen=True)
class Outcome:
    verdict: Verdict
    said: str
    """In a sentence."""


def spec_of(client: Client, run: Run) -> Spec:
    """The pipeline's document that the run was made of."""
    spec = run.spec or version(client, run.pipeline, run.version).spec
    if "root" not in spec:
        raise SilencioError(f"Run {run.id} is none of Kubeflow Pipelines 2.", "Follow it on its page.")
    return spec


def follow(client: Client, run: Run, spec: Spec, tell: Follow, timeout: float | None = None) -> Run:
    """The run when it ended. `timeout` in seconds: how long that may take from now on; None: as long as it takes."""
    names = {step.name for step in steps(spec)}
    end = time.monotonic() + timeout if timeout else None
    pause, before, places = SHORTEST, run, list[str]()
    while True:
        tell(shown(run.tasks, names, places))
        if run.ended:
            return run
        if end is not None and time.monotonic() + pause > end:
            raise SilencioError(
                f"Run {run.id} is still {run.state.lower() or 'waiting'} after {timeout:.0f} s.",
                f"It goes on; so can you: silencio pipeline follow {run.id}.",
            )
        time.sleep(pause)
        run = look(client, run.id)
        pause = SHORTEST if run.tasks != before.tasks else min(1.5 * pause, LONGEST)
        before = run


def shown(tasks: tuple[Task, ...], names: set[str], places: list[str]) -> list[Step]:
    """The steps among a run's tasks that began; beside them each has a driver and an executor.

    `places` are the ids of those shown before, in their order, and those that are new are added: the server's clock
    counts whole seconds, so that several begin at once, and who follows knows a step by its place.
    """
    skipped = {task.node for task in tasks if task.state == SKIPPED and task.node}
    found = {task.id: task for task in tasks if task.name in names and task.state in STATES}
    new = sorted((task for key, task in found.items() if key not in places), key=_age)
    places += [task.id for task in new]
    return [_step(found[key], bool(found[key].children & skipped)) for key in places if key in found]


def _age(task: Task) -> tuple[datetime, str]:
    return task.began or datetime.max.replace(tzinfo=UTC), task.name


def _step(task: Task, was_cached: bool) -> Step:
    state = STATES[task.state]
    # A step that was found done before is left in place, and only its executor is skipped.
    if state is State.DONE and was_cached:
        state = State.CACHED
    ago = (datetime.now(UTC) - task.began).total_seconds() if task.began else 0.0
    result = " ".join(task.error.split()) or SAYS.get(task.state, "")
    # A clock that is ahead of ours is no reason to count backwards.
    return Step(task.name, state, time.monotonic() - max(ago, 0.0), task.seconds, result=result)


def outcome(run: Run, spec: Spec) -> Outcome:
    """What a run that ended came to."""
    known = {step.name: step for step in steps(spec)}
    refusing = [known[task.name] for task in run.tasks if _refused(task, known)]
    if refusing:
        gates = " and ".join(str(step.given.get("gate", "the canary")) for step in refusing)
        return Outcome(Verdict.REFUSED, f"A gate said no: {gates}.")
    if run.state == SUCCEEDED:
        began = {
            known[task.name].component for task in run.tasks if task.name in known and task.state in STATES
        }
        # A step that a condition left out may be listed, as skipped.
        idle = began and began <= IDLE
        said = "Nothing was trained: the champion stays." if idle else "Every gate was passed."
        return Outcome(Verdict.PASSED, said)
    if run.state == CANCELED:
        return Outcome(Verdict.BROKE, "The run was stopped before its end.")
    broken = [task for task in run.tasks if task.name in known and task.state == FAILED]
    told = "; ".join(f"{task.name} broke{_because(task.error)}" for task in broken)
    return Outcome(Verdict.BROKE, f"{told or 'The run broke' + _because(run.error)}.")


def _refused(task: Task, known: Mapping[str, Known]) -> bool:
    """Whether such a step fails too, so that the run is seen to have failed, is the pipeline's own affair."""
    return task.name in known and known[task.name].component in REFUSING and task.state in (SUCCEEDED, FAILED)


def _because(error: str) -> str:
    said = " ".join(error.split()).rstrip(".")
    return f": {said}" if said else ""
