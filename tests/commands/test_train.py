import re
from pathlib import Path

import pytest

from tests.conftest import Walked, silencio


@pytest.fixture(scope="module")
def said(walked: Walked) -> dict[str, str]:
    """By its first word, what `silencio train` ends with."""
    done = silencio("train", "tiny", workspace=walked.house.workspace.root)
    assert done.returncode == 0, done.stderr
    return dict(line.split("\t") for line in done.stdout.splitlines())


def test_a_training_ends_with_where_everything_lies(said: dict[str, str]) -> None:
    assert list(said) == ["checkpoint", "best epoch", "took", "run", "to open it", "curves", "log"]
    assert (Path(said["checkpoint"]) / "model.safetensors").exists()
    assert Path(said["curves"]).read_bytes().startswith(b"\x89PNG")
    assert Path(said["log"]).exists()


def test_it_says_what_the_training_came_to(said: dict[str, str]) -> None:
    assert re.fullmatch(r"\d of \d, validation mAP 0\.\d+", said["best epoch"])
    assert "windows/s" in said["took"]


def test_it_says_how_to_look_at_its_run(said: dict[str, str], walked: Walked) -> None:
    from silencio.registry.runs import Runs

    runs = Runs(walked.house.site, walked.house.workspace)
    assert runs.client.get_run(said["run"].rpartition("/")[2]).info.status == "FINISHED"
    assert said["to open it"] == f"mlflow ui --backend-store-uri {runs.uri}"


def test_the_runs_of_a_workspace_are_listed_with_what_is_still_to_be_delivered(
    said: dict[str, str], walked: Walked
) -> None:
    done = silencio("runs", "list", workspace=walked.house.workspace.root)

    heading, *rows = (line.split("\t") for line in done.stdout.splitlines())
    assert heading == ["begun", "run", "is", "to deliver", "at"]
    assert [row[2:4] for row in rows] == [["finished", "0"]] * len(rows)
    assert said["run"] in {row[4] for row in rows}
