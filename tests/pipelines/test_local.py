"""The local runner, on small pipelines of its own."""

import json
from pathlib import Path

import pytest
from kfp import dsl

from pipelines.local import State, Step, forget_what_is_gone, run
from silencio.errors import GateRefused, SilencioError
from silencio.progress import Progress
from silencio.workspace import Workspace


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


def test_a_cached_receipt_is_forgotten_with_the_folder_that_it_is_for(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("kept", "gone"):
        receipt = tmp_path / f"{name}.json"
        receipt.write_text(json.dumps({"address": str(tmp_path / name)}))
        (cache / f"{name}.json").write_text(json.dumps({"uri": str(receipt)}))
    (tmp_path / "kept").mkdir()

    forget_what_is_gone(cache)

    assert [path.name for path in cache.iterdir()] == ["kept.json"]
