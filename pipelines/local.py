"""Run a pipeline on this machine, each step in a process of its own, and follow it."""

import contextlib
import io
import json
import logging
import re
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.warm import warm_steps
from silencio.errors import GateRefused, SilencioError
from silencio.progress import Progress
from silencio.workspace import Workspace

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent

STARTED = re.compile(r"Executing task .*?'([\w-]+)'")
FINISHED = re.compile(r"Task .*?'([\w-]+)'.* finished with status .*?(SUCCESS|FAILURE)")
CACHED = re.compile(r"Task ([\w-]+) cache hit \(key=(\w+)\)")
RESULT = re.compile(r"^\s*result (.*)$")
REFUSAL = re.compile(r"^\s*silencio\.errors\.(\w+): (.*)$")
SAID = re.compile(r'"said": ("(?:[^"\\]|\\.)*")')
TAIL = 25


class State(StrEnum):
    RUNNING = "running"
    CACHED = "cached"
    DONE = "done"
    FAILED = "failed"


@dataclass
class Step:
    name: str
    state: State
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    progress: Progress | None = None
    result: str = ""
    """What came out, in a sentence."""
    refusal: tuple[str, str] | None = None
    """The kind of error that ended it, and its sentence."""


Follow = Callable[[list[Step]], None]
"""Is called with all steps so far whenever anything changed."""


def run(
    pipeline: "BaseComponent",
    arguments: Mapping[str, Any],
    workspace: Workspace,
    follow: Follow,
    fresh: bool = False,
) -> list[Step]:
    """The steps that ran or were found done. Raises if one broke; that a gate stopped the run is no error.

    `fresh` asks every step again; what the workspace holds is still used.
    """
    # Behind the door: it takes seconds to import, and a run on a cluster is followed with the same steps.
    from kfp import local

    root = workspace / "pipeline"
    with warnings.catch_warnings():
        # Each step is run by this interpreter, whatever its image is called.
        warnings.simplefilter("ignore")
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(root),
            enable_caching=not fresh,
            cache_root=str(root / "cache"),
        )
        forget_what_is_gone(root / "cache")
        logged = workspace / "logs" / f"{pipeline.name}-{time.strftime('%Y%m%d-%H%M%S')}.log"
        with (
            logged.open("w") as stream,
            warm_steps(),
            _Followed(stream, follow, root / "cache") as followed,
        ):
            try:
                pipeline(**arguments)
            except RuntimeError as error:
                raise _explained(followed.steps, followed.tail, logged) from error
    return followed.steps


def forget_what_is_gone(cache: Path) -> None:
    """Kubeflow's cache knows only receipts: an entry goes with the folder that its receipt is for."""
    for entry in cache.glob("*.json"):
        uris = re.findall(r'"uri": "([^"]+)"', entry.read_text())
        if not all(_still_there(Path(uri)) for uri in uris):
            entry.unlink()


def _still_there(artifact: Path) -> bool:
    if not artifact.exists():
        return False
    try:
        address = json.loads(artifact.read_text())["address"]
    except (ValueError, KeyError, TypeError, IsADirectoryError):
        return True  # no receipt: the artifact is all that there is
    return Path(address).exists()


def _explained(steps: list[Step], tail: Iterable[str], logged: Path) -> SilencioError:
    broken = next((step for step in steps if step.state is State.FAILED), None)
    if broken and broken.refusal:
        kind, sentence = broken.refusal
        error = GateRefused if kind == GateRefused.__name__ else SilencioError
        return error(f"{broken.name}: {sentence}", f"The whole log: {logged}.")
    name = broken.name if broken else "A step"
    return SilencioError(f"{name} broke:\n{''.join(tail)}", f"The whole log: {logged}.")


class _Followed(contextlib.AbstractContextManager["_Followed"]):
    """Listens to Kubeflow's local runner: it logs to the root logger, and prints what the steps print."""

    def __init__(self, stream: io.TextIOBase, follow: Follow, cache: Path) -> None:
        self.steps: list[Step] = []
        self.tail: list[str] = []
        self._stream, self._follow, self._cache = stream, follow, cache
        self._redirected = contextlib.redirect_stdout(_Lines(self._printed))

    def __enter__(self) -> "_Followed":
        root = logging.getLogger()
        self._level, self._handlers = root.level, root.handlers[:]
        root.setLevel(logging.INFO)
        root.addFilter(self._logged)
        self._redirected.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._redirected.__exit__(None, None, None)
        root = logging.getLogger()
        root.removeFilter(self._logged)
        root.setLevel(self._level)
        root.handlers = self._handlers

    def _logged(self, record: logging.LogRecord) -> bool:
        """A filter, for the runner takes the root logger's handlers away; none passes on to standard output."""
        message = record.getMessage()
        self._stream.write(message + "\n")
        if found := CACHED.search(message):
            self.steps.append(Step(found[1], State.CACHED, result=self._said_before(found[2])))
        elif found := STARTED.search(message):
            self.steps.append(Step(found[1], State.RUNNING))
        elif (found := FINISHED.search(message)) and self.steps and self.steps[-1].state is State.RUNNING:
            step = self.steps[-1]
            step.state = State.DONE if found[2] == "SUCCESS" else State.FAILED
            step.seconds = time.monotonic() - step.began
        self._follow(self.steps)
        return False

    def _said_before(self, key: str) -> str:
        entry = next(self._cache.glob(f"{key}*.json"), None)
        found = SAID.search(entry.read_text()) if entry else None
        return str(json.loads(found[1])) if found else ""

    def _printed(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()
        self.tail = [*self.tail, line][-TAIL:]
        if not self.steps:
            return
        step = self.steps[-1]
        if progress := Progress.read(line):
            step.progress = progress
        elif found := RESULT.match(line):
            step.result = found[1]
        elif found := REFUSAL.match(line):
            step.refusal = (found[1], found[2])
        else:
            return
        self._follow(self.steps)


class _Lines(io.TextIOBase):
    """Text in any pieces to whole lines."""

    def __init__(self, each: Callable[[str], None]) -> None:
        self._each, self._rest = each, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._each(line + "\n")
        return len(text)
