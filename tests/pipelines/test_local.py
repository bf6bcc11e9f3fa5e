"""The local runner, on small pipelines of its own."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kfp import dsl

from pipelines.local import forget_what_is_gone, run
from pipelines.step import State, Step
from pipelines.warm import warm_steps
from silencio.errors import GateRefused, SilencioError
from silencio.handover import Kind, Receipt, seal
from silencio.progress import Progress
from silencio.workspace import Workspace
from tests.pipelines.counted import counted


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def count(to: int, made: dsl.Output[dsl.Artifact]) -> None:
    from pathlib import Path

    from components.receipts import say
    from silencio.progress import Progress, log_line

    for number in range(to):
        log_line(Progress(number + 1, to, "numbers"))
    Path(made.path).write_text("counted")
    say(f"counted to {to}", made)


@dsl.component(base_image="python:3.11", packages_to_install=[], install_kfp_package=False)
def fail(kind: str) -> None:
    from silencio.errors import GateRefused

    if kind == "gate":
        raise GateRefused("The bar is too high.", "Jump.")
    raise ValueError("a bug")


@dsl.pipeline
def counting(to: int) -> None:
    count(to=to)


@dsl.pipeline
def failing(kind: str) -> None:
    count(to=1)
    fail(kind=kind)


@dsl.pipeline
def failing_with_attempts(kind: str) -> None:
    fail(kind=kind).set_retry(3, backoff_duration="60s")


@pytest.fixture(scope="module", autouse=True)
def _warm() -> Iterator[None]:
    """One for all: each run would start its own."""
    with warm_steps(imported=()):
        yield


def nobody(steps: list[Step]) -> None:
    """Follows nothing."""


def test_a_step_is_followed_while_it_works(workspace: Workspace) -> None:
    seen: list[tuple[State, Progress | None]] = []
    steps = run(
        counting, {"to": 3}, workspace, lambda s: seen.append((s[-1].state, s[-1].progress)) if s else None
    )
    assert [(s.name, s.state, s.result) for s in steps] == [("count", State.DONE, "counted to 3")]
    assert (State.RUNNING, Progress(2, 3, "numbers")) in seen


def test_run_again_a_step_is_cached_and_still_says_what_came_out(workspace: Workspace) -> None:
    run(counting, {"to": 2}, workspace, nobody)
    [again] = run(counting, {"to": 2}, workspace, nobody)
    [other] = run(counting, {"to": 1}, workspace, nobody)
    assert (again.state, again.result) == (State.CACHED, "counted to 2")
    assert other.state is State.DONE


@pytest.mark.slow
def test_asked_afresh_nothing_is_cached(workspace: Workspace) -> None:
    run(counting, {"to": 2}, workspace, nobody)
    [again] = run(counting, {"to": 2}, workspace, nobody, fresh=True)
    assert again.state is State.DONE


def test_a_gate_that_refuses_is_no_stack_trace(workspace: Workspace) -> None:
    with pytest.raises(GateRefused, match=r"^fail: The bar is too high\. Jump\. The whole log: "):
        run(failing, {"kind": "gate"}, workspace, nobody)


def test_a_bug_shows_where_it_is_and_where_the_log_lies(workspace: Workspace) -> None:
    with pytest.raises(
        SilencioError, match=r"(?s)^fail broke:.*ValueError: a bug.*The whole log: .*failing-.*\.log"
    ):
        run(failing, {"kind": "bug"}, workspace, nobody)


def test_what_failed_here_is_not_tried_again(workspace: Workspace) -> None:
    """Attempts are for nodes of a cluster; the pause between two would be a minute."""
    steps: list[Step] = []
    with pytest.raises(SilencioError, match="a bug"):
        run(
            failing_with_attempts, {"kind": "bug"}, workspace, lambda now: steps.__setitem__(slice(None), now)
        )
    assert [step.state for step in steps] == [State.FAILED]


def test_of_steps_that_run_at_once_each_has_its_own_lines(workspace: Workspace) -> None:
    at_once: set[tuple[str, ...]] = set()

    def watch(steps: list[Step]) -> None:
        told = [s.progress.what for s in steps if s.state is State.RUNNING and s.progress]
        at_once.add(tuple(sorted(told)))

    steps = run(counted, {"workspace": str(workspace.root)}, workspace, watch)
    assert ("lines of left", "lines of right") in at_once
    assert {(s.result, s.said["Output"], s.state) for s in steps} == {
        (f"{who} counted", who, State.DONE) for who in ("one", "left", "right", "last")
    }
    for step in steps:
        receipt = Receipt.read(step.artifacts["made"])
        assert (Path(receipt.address) / "lines.txt").read_text().startswith(f"{step.said['Output']} 0\n")


def test_what_the_workspace_holds_is_found_done(workspace: Workspace) -> None:
    arguments = {"workspace": str(workspace.root)}
    run(counted, arguments, workspace, nobody)
    again = run(counted, arguments, workspace, nobody, fresh=True)
    assert [step.state for step in again] == [State.FOUND] * 4
    # The receipt says how it was this time, not what is handed over: that is the same.
    assert {step.result for step in again} == {f"{who} counted" for who in ("one", "left", "right", "last")}


def test_how_long_a_step_itself_took_is_told_from_what_it_costs_to_run_it(workspace: Workspace) -> None:
    [step] = run(counting, {"to": 1}, workspace, nobody)
    assert step.worked is not None
    assert 0 < step.worked <= step.seconds


def test_printing_is_as_it_was_before(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """The runner indents what steps print by another `print`, and threads would leave theirs behind."""
    run(counted, {"workspace": str(workspace.root)}, workspace, nobody)
    print("said")
    assert capsys.readouterr().out == "said\n"


@pytest.mark.parametrize("gone", ["folder", "manifest", "digest"])
def test_a_cached_receipt_is_forgotten_with_the_handover_that_it_is_for(tmp_path: Path, gone: str) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("kept", "gone"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(name)
        made = seal(tmp_path / name, Kind.CHECKPOINT)
        made.receipt().write(tmp_path / f"{name}.json")
        (cache / f"{name}.json").write_text(json.dumps({"uri": str(tmp_path / f"{name}.json")}))
    if gone == "folder":
        shutil.rmtree(tmp_path / "gone")
    elif gone == "manifest":
        (tmp_path / "gone/manifest.json").unlink()
    else:
        (tmp_path / "gone/a.txt").write_text("made again, otherwise")
        seal(tmp_path / "gone", Kind.CHECKPOINT)

    forget_what_is_gone(cache)

    assert [path.name for path in cache.iterdir()] == ["kept.json"]
