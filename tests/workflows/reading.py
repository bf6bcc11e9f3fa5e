"""What the workflow files say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github/workflows"
NAMES = ["ci", "retrain", "promote"]

Workflow = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step, with the workflow and the job it stands in."""

    workflow: str
    job: str
    says: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.says.get('run') or self.says['uses'].split('@')[0]}"


def read(name: str) -> Workflow:
    """Every value as text: YAML 1.1 would read the key `on` as True."""
    workflow: Workflow = yaml.load((FOLDER / f"{name}.yml").read_text(), Loader=yaml.BaseLoader)
    return workflow


def steps(key: str) -> list[Step]:
    """The steps of all workflows that have a `run` (or a `uses`)."""
    return [
        Step(name, job_name, step)
        for name in NAMES
        for job_name, job in read(name)["jobs"].items()
        for step in job["steps"]
        if key in step
    ]
