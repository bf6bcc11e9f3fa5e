"""Steps that are forked behave as steps that Python is started for."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.warm import warm_steps
from silencio.serving.process import born

STEP = """
import os, sys, time
def step(what: str) -> str:
    print("heard", what, os.environ.get("TOLD"), os.getcwd(), flush=True)
    print("to the other one", file=sys.stderr)
    if what == "ends": sys.exit(3)
    if what == "breaks": raise ValueError("it broke")
    if what == "dies": os.kill(os.getpid(), 9)
    if what == "waits":
        print(os.getpid(), flush=True)
        time.sleep(60)
    if what == "tidies":
        try:
            print(os.getpid(), flush=True)
            time.sleep(60)
        finally: open("tidied", "w").close()
    return what.upper()
"""
Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def warm() -> Iterator[None]:
    with warm_steps(imported=()):
        yield


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A step as Kubeflow's runner starts one."""

    def run(what: str, **environment: str) -> "subprocess.Popen[str]":
        (tmp_path / "ephemeral.py").write_text(STEP)
        said = {"Output": {"outputFile": str(tmp_path / "said")}}
        outputs = {"outputFile": str(tmp_path / "out.json"), "parameters": said}
        asked = json.dumps({"inputs": {"parameterValues": {"what": what}}, "outputs": outputs})
        module = ["--component_module_path", str(tmp_path / "ephemeral.py"), "--function_to_execute", "step"]
        return subprocess.Popen(
            [sys.executable, "-m", "kfp.dsl.executor_main", *module, "--executor_input", asked],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | environment,
        )

    return run


@pytest.mark.usefixtures("warm")
def test_a_step_has_its_arguments_its_environment_its_folder_and_both_its_outputs(
    run: Run, tmp_path: Path
) -> None:
    step = run("a call", TOLD="a secret")
    out, err = step.communicate(timeout=60)
    assert step.returncode == 0, err
    assert f"heard a call a secret {tmp_path}" in out
    assert "to the other one" in err
    assert "to the other one" not in out
    assert json.loads((tmp_path / "out.json").read_text())["parameterValues"] == {"Output": "A CALL"}
    assert "TOLD" not in os.environ


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize(("what", "code"), [("ends", 3), ("breaks", 1), ("dies", 128 + 9)])
def test_a_step_ends_as_it_would_by_itself(run: Run, what: str, code: int) -> None:
    step = run(what)
    _, err = step.communicate(timeout=60)
    assert step.returncode == code
    assert ("it broke" in err) == (what == "breaks")


@pytest.mark.usefixtures("warm")
def test_one_step_knows_nothing_of_another(run: Run) -> None:
    first = run("waits", TOLD="one")
    sleeper(first)
    second = run("two", TOLD="other")
    out, _ = second.communicate(timeout=60)
    assert "heard two other" in out
    first.kill()
    first.wait()


@pytest.mark.usefixtures("warm")
def test_a_step_goes_with_whoever_started_it(run: Run) -> None:
    step = run("waits")
    pid = sleeper(step)
    step.kill()
    step.wait()
    assert gone(pid)


@pytest.mark.usefixtures("warm")
def test_what_is_no_step_is_run_by_python(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "import sys; print(sys.argv[1]); sys.exit(4)", "said"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "said\n")


def test_without_it_python_is_python_again() -> None:
    program = (
        "import sys; from pipelines.warm import warm_steps\n"
        "said = [sys.executable]\n"
        "with warm_steps():\n"
        "    said.append(sys.executable)\n"
        "    with warm_steps(): said.append(sys.executable)\n"
        "said.append(sys.executable); print(*said)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, outer, inner, after = done.stdout.split()
    assert before == after != outer
    assert inner == outer, "within another one, it is that one"


@pytest.mark.usefixtures("warm")
def test_a_step_that_is_ended_closes_what_it_opened(run: Run, tmp_path: Path) -> None:
    step = run("tidies")
    pid = sleeper(step)
    step.kill()
    step.wait()
    assert gone(pid)
    assert (tmp_path / "tidied").exists()


def test_nothing_is_left_of_a_pipeline_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, time; from pipelines.warm import warm_steps\n"
        "with warm_steps():\n"
        "    children = open(f'/proc/self/task/{os.getpid()}/children').read()\n"
        "    print(children, flush=True); time.sleep(60)\n"
    )
    pipeline = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert pipeline.stdout is not None
    (server,) = map(int, pipeline.stdout.readline().split())
    pipeline.send_signal(signal.SIGKILL)
    pipeline.wait()
    assert gone(server)


def sleeper(step: "subprocess.Popen[str]") -> int:
    """The process of a step that waits, once it does."""
    assert step.stdout is not None
    return next(int(line) for line in step.stdout if line.strip().isdecimal())


def gone(pid: int) -> bool:
    until = time.monotonic() + 30
    while born(pid) is not None and time.monotonic() < until:
        time.sleep(0.05)
    return born(pid) is None
