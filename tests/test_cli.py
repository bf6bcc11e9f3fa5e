import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from pipelines.cli import add_to
from silencio.cli import app
from tests.conftest import ROOT, silencio

ENTRY = [sys.executable, "-X", "importtime", "-m", "silencio"]


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every command, with the words that call it."""
    add_to(app)
    waiting = [("", typer.main.get_command(app))]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, TyperGroup):
            waiting += [(f"{words} {name}".strip(), inner) for name, inner in command.commands.items()]
        else:
            yield words, command


EVERY = dict(commands())


@pytest.mark.parametrize("words", sorted(EVERY))
def test_help_teaches_with_an_example(words: str) -> None:
    assert f"Example: silencio {words}" in (EVERY[words].help or "")


def test_help_loads_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ENTRY, "pipeline", "run", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Example:" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert loaded.isdisjoint(
        {"torch", "mlflow", "kfp", "numpy", "polars", "onnxruntime", "fastapi", "sklearn"}
    )


def test_a_gate_that_says_no_is_exit_code_1(tmp_path: Path) -> None:
    done = silencio("demo", "tiny", workspace=tmp_path)
    assert done.returncode == 1
    assert "--approved-by NAME" in done.stderr


def test_wrong_use_is_exit_code_2_and_names_the_way_out(tmp_path: Path) -> None:
    done = silencio("settings", "show", "dmeo", workspace=tmp_path)
    assert done.returncode == 2
    assert "dmeo is neither a preset nor a file. The presets are audiomnist, " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_is_not_there_is_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\ntraining: {epoch: 3}\n")
    done = silencio("settings", "show", str(file), workspace=tmp_path)
    assert done.returncode == 2
    assert "training.epoch is not a key, did you mean epochs?" in done.stderr


def test_what_broke_is_exit_code_3(tmp_path: Path) -> None:
    done = silencio("bundle", "verify", str(tmp_path), workspace=tmp_path)
    assert done.returncode == 3
    assert "There is no finished bundle" in done.stderr


def test_json_logs_are_one_object_a_line(tmp_path: Path) -> None:
    import json

    done = silencio("--json-logs", "data", "ingest", "tiny", "--from", "release", workspace=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line]
    assert lines
    assert all({"at", "level", "logger", "message"} <= json.loads(line).keys() for line in lines)


def test_a_failure_as_json_is_one_object_a_line_too(tmp_path: Path) -> None:
    import json

    done = silencio("--json-logs", "settings", "show", "dmeo", workspace=tmp_path)

    (line,) = done.stderr.splitlines()
    assert "dmeo is neither a preset nor a file" in json.loads(line)["message"]


def test_every_run_leaves_a_log_that_says_what_was_asked_and_how_it_ended(tmp_path: Path) -> None:
    import json

    done = silencio("data", "ingest", "tiny", "--set", "data.quarantine_share=x", workspace=tmp_path)
    assert done.returncode == 2
    done = silencio(*("data", "ingest", "digits.yaml", "--set", "data.source=digits"), workspace=tmp_path)
    assert done.returncode == 2

    done = silencio(
        *("data", "ingest", "audiomnist", "--set", f"data.path={tmp_path / 'nowhere'}"), workspace=tmp_path
    )

    assert done.returncode != 0
    (log,) = (tmp_path / "logs").iterdir()
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert "silencio data ingest audiomnist --set" in records[0]["message"]
    assert "nowhere" in records[-2]["error"]
    assert records[-1]["message"].startswith("took ")


def test_the_command_runs_outside_the_checkout(tmp_path: Path) -> None:
    assert ROOT not in tmp_path.parents
    done = subprocess.run(
        [sys.executable, "-m", "silencio", "settings", "show", "tiny"],
        cwd=tmp_path,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("name: tiny")
