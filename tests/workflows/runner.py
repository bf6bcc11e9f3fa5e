"""As much of GitHub's runner as our workflows ask for: conditions, layers of environment, and the command files.

What `uses:` an action (the checkout, Python, the upload) is the runner's own and is left out: here is the checkout.
"""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .reading import ROOT, Workflow

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
FILES = ("GITHUB_PATH", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
STARTED_WITH = ("GITHUB_", "SILENCIO_", "MAKE", "MFLAGS")
SECONDS = 900


@dataclass(frozen=True)
class Outcome:
    command: str
    exit_code: int | None
    """None: the step was left out."""
    said: str = ""


class Runner:
    def __init__(self, folder: Path, contexts: Mapping[str, str]) -> None:
        """`contexts` holds what expressions may name, such as `inputs.experiment`; the rest is empty."""
        self.folder = folder
        self.contexts = contexts
        self.summary = folder / "GITHUB_STEP_SUMMARY"
        self.outcomes: list[Outcome] = []
        self._written: dict[str, str] = {}
        """GITHUB_OUTPUT of each step that has an id."""

    def run(self, workflow: Workflow, job_name: str, before: str | None = None) -> list[Outcome]:
        """Run a job's commands in order, as far as the one that starts with `before`."""
        job = workflow["jobs"][job_name]
        shared = workflow.get("env", {}) | job.get("env", {})
        for step in job["steps"]:
            command = step.get("run", "")
            if before and command.startswith(before):
                break
            if command:
                self.outcomes.append(self._step(command, step, shared))
        return self.outcomes

    def _step(self, command: str, step: dict[str, Any], shared: dict[str, str]) -> Outcome:
        if not self._wanted(step.get("if", "success()")):
            return Outcome(command, None)
        number = len(self.outcomes)
        script, log = self.folder / f"{number}.sh", self.folder / f"{number}.log"
        script.write_text(command)
        layers = shared | step.get("env", {})
        environment = self._environment() | {k: expanded(v, self.contexts) for k, v in layers.items()}
        # A file, not a pipe: a service that a step leaves running would hold the pipe open.
        with log.open("w") as stream:
            finished = subprocess.run(
                ["bash", "-e", script],
                cwd=ROOT,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
            )
        output = self.folder / "GITHUB_OUTPUT"
        if "id" in step:
            self._written[step["id"]] = output.read_text()
        output.write_text("")
        return Outcome(command, finished.returncode, log.read_text())

    def _wanted(self, condition: str) -> bool:
        """Terms with && between; where none names a state, success() is one of them, as on GitHub."""
        failed = any(outcome.exit_code for outcome in self.outcomes)
        states = {"success()": not failed, "failure()": failed, "always()": True, "!cancelled()": True}
        terms = [term.strip() for term in EXPRESSION.sub(r"\1", condition).split("&&")]
        asked = terms if states.keys() & set(terms) else ["success()", *terms]
        return all(states[term] if term in states else self._compared(term) for term in asked)

    def _compared(self, term: str) -> bool:
        """name == 'text', or !=."""
        name, operator, text = term.split(maxsplit=2)
        same = ({**self.contexts, **self._outputs()}).get(name, "") == text.strip("'")
        return {"==": same, "!=": not same}[operator]

    def _outputs(self) -> dict[str, str]:
        """What steps wrote into GITHUB_OUTPUT, by the name that expressions have for it."""
        return {
            f"steps.{step}.outputs.{name}": value
            for step, written in self._written.items()
            for name, _, value in (line.partition("=") for line in written.splitlines())
        }

    def _environment(self) -> dict[str, str]:
        """The machine's, without what these tests themselves were started with."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(STARTED_WITH)}
        files = {name: self.folder / name for name in FILES}
        for file in files.values():
            file.touch()
        added = files["GITHUB_PATH"].read_text().splitlines()
        found = [folder for folder in os.environ["PATH"].split(":") if Path(folder) != ROOT / ".venv/bin"]
        return (
            inherited
            | {"CI": "true", "GITHUB_ACTIONS": "true", "PATH": ":".join([*reversed(added), *found])}
            | {name: str(file) for name, file in files.items()}
        )


def expanded(text: str, contexts: Mapping[str, str]) -> str:
    """Put values for expressions, which are names and quoted texts with `||` between."""

    def value(expression: re.Match[str]) -> str:
        terms = [term.strip() for term in expression[1].split("||")]
        values = (term[1:-1] if term.startswith("'") else contexts.get(term, "") for term in terms)
        return next(filter(None, values), "")

    return EXPRESSION.sub(value, text)
