"""The workflows before the linters, none of which asks the network."""

import subprocess
import sys
from pathlib import Path

import pytest

from .reading import FOLDER, NAMES, ROOT

FILES = [FOLDER / f"{name}.yml" for name in NAMES]

LINTERS = {
    "schema": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    "security": ["zizmor", "--offline", "--quiet", "--no-progress"],
    "style": ["yamllint", "--strict", "--config-file", str(ROOT / ".yamllint")],
}

SPOILED = {
    "schema": ("timeout-minutes:", "timeout-minute:"),
    "security": ("run: make env", "run: echo ${{ github.event.pull_request.title }}"),
    "style": ("jobs:", "jobs :"),
}


def lint(linter: str, *files: Path) -> subprocess.CompletedProcess[str]:
    program, *options = LINTERS[linter]
    path = Path(sys.executable).with_name(program)
    if not path.exists():
        pytest.skip(f"{program} is missing: pip install -e '.[dev]'")
    return subprocess.run([path, *options, *files], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_nothing(linter: str) -> None:
    finished = lint(linter, *FILES)

    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("linter", LINTERS)
def test_a_linter_finds_what_it_is_there_for(linter: str, tmp_path: Path) -> None:
    good, bad = SPOILED[linter]
    workflow = tmp_path / ".github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text((FOLDER / "ci.yml").read_text().replace(good, bad))

    finished = lint(linter, workflow)

    assert finished.returncode != 0
    assert str(workflow) in finished.stdout


def test_every_workflow_is_linted() -> None:
    assert sorted(FOLDER.glob("*.y*ml")) == sorted(FILES)
