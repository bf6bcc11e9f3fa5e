"""What Kubeflow's local runner logs and its steps print, as steps.

The runner logs to the root logger and prints what a step prints, each in the thread that runs the step: so a line
belongs to the step that its thread began, however many run at once.
"""

import builtins
import contextlib
import io
import json
import logging
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.step import Follow, State, Step
from silencio.progress import Progress

STARTED = re.compile(r"Executing task .*?'([\w-]+)'")
FINISHED = re.compile(r"Task .*?'([\w-]+)'.* finished with status .*?(SUCCESS|FAILURE)")
OUTPUTS = re.compile(r"Task .*?'([\w-]+)'\S* outputs:")
CACHED = re.compile(r"Task ([\w-]+) cache hit \(key=(\w+)\)")
ARTIFACT = re.compile(r"^    (\w+): \w+\( name='[^']*',\s+uri='([^']*)'", re.MULTILINE)
TEXT = re.compile(r"^    (\w+): '(.*)'$", re.MULTILINE)
RESULT = re.compile(r"^\s*result (.*)$")
FOUND = re.compile(r"^\s*found done$")
WORKED = re.compile(r"^\s*worked ([\d.]+) s$")
REFUSAL = re.compile(r"^\s*silencio\.errors\.(\w+): (.*)$")
TAIL = 25


class Listener(contextlib.AbstractContextManager["Listener"]):
    """While it lasts. `cache` is the folder in which the runner keeps what steps handed over."""

    def __init__(self, log: Path, follow: Follow, cache: Path) -> None:
        self.steps: list[Step] = []
        self.tails: dict[int, list[str]] = {}
        """The last lines of each step, by its place."""
        self._path, self._follow, self._cache = log, follow, cache
        self._here = threading.local()
        self._turn = threading.RLock()
        self._ending = False

    def __enter__(self) -> "Listener":
        root = logging.getLogger()
        self._level, self._handlers = root.level, root.handlers[:]
        # The runner indents what is printed by another `print`; two threads that do so leave theirs behind.
        self._print = builtins.print
        self._log = self._path.open("w")
        self._redirected = contextlib.redirect_stdout(_Lines(self._printed))
        root.setLevel(logging.INFO)
        root.addFilter(self._logged)
        self._redirected.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._redirected.__exit__(None, None, None)
        builtins.print = self._print
        root = logging.getLogger()
        root.removeFilter(self._logged)
        root.setLevel(self._level)
        root.handlers = self._handlers
        self._log.close()

    def end(self) -> None:
        """No step begins any more: the runner would give those that wait their turn."""
        self._ending = True

    def _logged(self, record: logging.LogRecord) -> bool:
        """A filter, for the runner takes the root logger's handlers away; none passes on to standard output."""
        message = record.getMessage()
        with self._turn:
            self._log.write(message + "\n")
            if found := CACHED.search(message):
                said, artifacts, texts = _kept(self._cache, found[2])
                self._add(Step(found[1], State.CACHED, result=said, artifacts=artifacts, said=texts))
            elif found := STARTED.search(message):
                if self._ending:
                    raise InterruptedError(f"{found[1]} does not begin: the run was stopped")
                self._add(Step(found[1], State.RUNNING))
            elif (step := self._own()) is None:
                return False
            elif (found := FINISHED.search(message)) and step.state is State.RUNNING:
                self._finished(step, found[2] == "SUCCESS")
            elif OUTPUTS.search(message):
                step.artifacts = {name: Path(uri) for name, uri in ARTIFACT.findall(message)}
                step.said = dict(TEXT.findall(message))
            self._follow(self.steps)
        return False

    def _add(self, step: Step) -> None:
        step.log = self._path
        self._here.place = len(self.steps)
        self.steps.append(step)

    def _own(self) -> Step | None:
        """The step that this thread began."""
        place = getattr(self._here, "place", None)
        return None if place is None else self.steps[place]

    def _finished(self, step: Step, well: bool) -> None:
        found = getattr(self._here, "found", None) is step
        step.state = State.FAILED if not well else State.FOUND if found else State.DONE
        step.seconds = time.monotonic() - step.began
        own = "" if step.worked is None else f", {step.worked:.3f} s of them its own work"
        self._log.write(f"{step.name} {step.state}: {step.seconds:.3f} s{own}\n")

    def _printed(self, line: str) -> None:
        with self._turn:
            self._log.write(line)
            self._log.flush()
            step = self._own()
            if step is None:
                return
            tail = self.tails.setdefault(self._here.place, [])
            tail[:] = [*tail, line][-TAIL:]
            if progress := Progress.read(line):
                step.progress = progress
            elif found := RESULT.match(line):
                step.result = found[1]
            elif FOUND.match(line):
                self._here.found = step
            elif found := WORKED.match(line):
                step.worked = float(found[1])
            elif found := REFUSAL.match(line):
                step.refusal = (found[1], found[2])
            else:
                return
            self._follow(self.steps)


def _kept(cache: Path, key: str) -> tuple[str, dict[str, Path], dict[str, str]]:
    """What a step that is cached said and handed over; the runner logs the beginning of its key."""
    entry = next(cache.glob(f"{key}*.json"), None)
    outputs: dict[str, Any] = json.loads(entry.read_text()) if entry else {}
    artifacts = {name: made for name, made in outputs.items() if isinstance(made, dict) and "uri" in made}
    said = next((made["metadata"]["said"] for made in artifacts.values() if "said" in made["metadata"]), "")
    paths = {name: Path(made["uri"]) for name, made in artifacts.items()}
    return said, paths, {name: made for name, made in outputs.items() if isinstance(made, str)}


class _Lines(io.TextIOBase):
    """Text in any pieces to whole lines, each thread's by itself."""

    def __init__(self, each: Callable[[str], None]) -> None:
        self._each, self._begun = each, threading.local()

    def write(self, text: str) -> int:
        *lines, self._begun.rest = (getattr(self._begun, "rest", "") + text).split("\n")
        for line in lines:
            self._each(line + "\n")
        return len(text)
