"""The runner of these tests decides as GitHub's does which step is wanted."""

from pathlib import Path

from .reading import read
from .runner import Runner

RETRAIN = read("retrain")
STEPS = {
    "always": {"run": "true"},
    "asks": {"id": "ask", "if": "github.event_name == 'schedule'", "run": 'echo yes=no >> "$GITHUB_OUTPUT"'},
    "unless no": {"if": "${{ !cancelled() && steps.ask.outputs.yes != 'no' }}", "run": "echo wanted"},
    "on push": {"if": "github.event_name != 'schedule'", "run": "false"},
    "after": {"run": "true"},
}


def codes(folder: Path, event: str) -> list[int | None]:
    """0 or 1, or None of a step that was left out."""
    folder.mkdir()
    workflow = {"jobs": {"one": {"steps": list(STEPS.values())}}}
    runner = Runner(folder, {"github.event_name": event})
    return [outcome.exit_code for outcome in runner.run(workflow, "one")]


def test_a_condition_reads_the_event_and_what_earlier_steps_wrote(tmp_path: Path) -> None:
    assert codes(tmp_path / "schedule", "schedule") == [0, 0, None, None, 0]


def test_where_a_step_failed_only_those_go_on_that_ask_for_it(tmp_path: Path) -> None:
    assert codes(tmp_path / "push", "push") == [0, None, 0, 1, None]


def test_the_clock_asks_and_a_push_trains() -> None:
    wanted = {
        step["run"].split('"')[0].strip(): step.get("if", "")
        for step in RETRAIN["jobs"]["retrain"]["steps"]
        if "run" in step
    }
    assert wanted["silencio watch"] == "github.event_name == 'schedule'"
    assert wanted["silencio pipeline run"] == "github.event_name != 'schedule'"
