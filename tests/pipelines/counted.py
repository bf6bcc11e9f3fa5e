"""A small pipeline whose steps make hand-overs line by line: python -m tests.pipelines.counted WORKSPACE

Two of its steps run at once. It prints each step's progress, so that whoever started it knows when to stop it.
"""

import sys

import typer
from kfp import dsl

from pipelines.interruption import going_on_later
from pipelines.local import run
from pipelines.step import State, Step
from pipelines.warm import warm_steps
from silencio.workspace import Workspace

LINES = 5


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def count(workspace: str, who: str, before: str, made: dsl.Output[dsl.Artifact]) -> str:
    """Goes on after the last line that a killed one wrote."""
    import time
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from components.receipts import give
    from silencio.handover import Kind
    from silencio.progress import Progress, log_line
    from silencio.workspace import Workspace

    def build(folder: Path) -> Mapping[str, Any]:
        path = folder / "lines.txt"
        done = len(path.read_text().splitlines()) if path.exists() else 0
        for number in range(done, 5):
            with path.open("a") as lines:
                lines.write(f"{who} {number}\n")
            log_line(Progress(number + 1, 5, f"lines of {who}"))
            time.sleep(0.1)
        return {}

    handover = Workspace(workspace).produce(Kind.CHECKPOINT, {"who": who, "before": before}, build)
    give(handover, made, f"{who} counted")
    return who


@dsl.pipeline(name="counted")
def counted(workspace: str) -> None:
    first = count(workspace=workspace, who="one", before="")
    with dsl.ParallelFor(["left", "right"], parallelism=2) as who:
        both = count(workspace=workspace, who=who, before=first.outputs["Output"])
    last = count(workspace=workspace, who="last", before=first.outputs["Output"])
    last.after(both)


def main(folder: str) -> None:
    def tell(steps: list[Step]) -> None:
        for step in steps:
            if step.state is State.RUNNING and step.progress:
                print(step.progress.line(), file=sys.__stdout__, flush=True)

    with going_on_later(), warm_steps(imported=()):
        run(counted, {"workspace": folder}, Workspace(folder), tell)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except typer.Exit as end:
        sys.exit(end.exit_code)
