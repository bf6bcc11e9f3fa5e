"""Run every benchmark and render docs/benchmarks.md: python -m benchmarks [--quick]"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

from benchmarks.report import RESULTS
from silencio.identity import git_commit, machine

NAMES = (
    "features",
    "scaling",
    "busy_machine",
    "training",
    "distributed",
    "accuracy",
    "evaluation",
    "optimize",
    "serving",
    "pipeline",
)
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    for name in NAMES:
        print(f"\n{name}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=True)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render())
    print(f"\n{PAGE}")


def render() -> str:
    where = machine()
    lines = [
        "# Benchmarks",
        "",
        f"`make bench` wrote this on {date.today()}, on {where['cores']} cores of {where['processor']}, "
        f"Python {where['python']}, at commit {git_commit()[:12]}.",
        "",
        "| benchmark | figure | value |",
        "|---|---|---|",
    ]
    for name in NAMES:
        figures = json.loads((RESULTS / f"{name}.json").read_text())["figures"]
        lines += [f"| [{name}](../benchmarks/{name}.py) | {k} | {v:.3g} |" for k, v in figures.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
