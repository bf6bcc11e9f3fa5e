"""Commands on a Ray cluster: sent to a real one, which this file starts and ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from silencio.cluster.jobs import Jobs, dashboard_of
from silencio.commands.jobs import jobs_submit
from silencio.errors import WrongUse
from silencio.settings import Site
from tests.conftest import ROOT

TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "only-for-this-test-" + "0" * 45}


def test_jobs_go_where_the_site_says_and_else_to_the_head_of_its_cluster() -> None:
    assert dashboard_of(Site(ray_dashboard="https://ray.example.org")) == "https://ray.example.org"
    assert dashboard_of(Site(ray_address="ray://head:10001")) == "http://head:8265"


def test_without_any_cluster_it_says_how_to_name_one() -> None:
    with pytest.raises(WrongUse, match=r"Nobody says which Ray cluster .* SILENCIO_RAY_DASHBOARD"):
        dashboard_of(Site())


def test_a_dashboard_that_is_not_there_is_named() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(WrongUse, match=f"No Ray dashboard answers at {address}"):
            Jobs(address)


def test_a_variable_without_a_value_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(WrongUse, match=r"--env NAME sets nothing\. Write it as KEY=VALUE"):
        jobs_submit(["true"], env=["NAME"])


def free_ports(count: int) -> list[int]:
    with_port = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in with_port]
    for each in with_port:
        each.close()
    return ports


@pytest.fixture(scope="module")
def head() -> Iterator[str]:
    """A cluster of this machine alone that asks for a token; its dashboard's address."""
    port, dashboard, client = free_ports(3)
    # Its sockets lie there too, and their paths must be short.
    home = tempfile.mkdtemp(prefix="ray-")
    call = ["ray", "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={port}"]
    call += ["--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", f"--temp-dir={home}"]
    call += [f"--ray-client-server-port={client}", "--num-cpus=2", "--disable-usage-stats"]
    process = subprocess.Popen(
        [Path(sys.executable).with_name(call[0]), *call[1:]],
        env={**os.environ, **TOKEN, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        # The dashboard answers before there is anything to run jobs.
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ray runtime started" in line:
                break
        assert process.poll() is None, "the head node ended by itself: " + "".join(said[-1:])
        yield f"http://127.0.0.1:{dashboard}"
    finally:
        # The session is ours alone: nobody else's cluster is in it.
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        shutil.rmtree(home, ignore_errors=True)


def silencio_jobs(*words: str, address: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        call(*words, address=address),
        cwd=ROOT,
        env={**os.environ, **TOKEN, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def call(verb: str, *words: str, address: str) -> list[str]:
    return [sys.executable, "-m", "silencio", "jobs", verb, "--address", address, *words]


@pytest.mark.slow
def test_a_job_shows_what_it_prints_in_the_folder_that_was_sent_along_and_ends_as_it_ends(
    head: str, tmp_path: Path
) -> None:
    (tmp_path / "said.py").write_text("import os, sys; print(os.environ['WORD']); sys.exit(1)")
    words = ["--working-dir", str(tmp_path), "--env", "WORD=a red bird", "--", "python", "said.py"]

    ended = silencio_jobs("submit", *words, address=head)

    assert "a red bird" in ended.stdout
    assert ended.returncode == 1
    assert silencio_jobs("submit", "--", "true", address=head).returncode == 0


@pytest.mark.slow
def test_who_stops_watching_leaves_the_job_running_and_is_told_how_to_come_back(head: str) -> None:
    script = "import time\nfor number in range(600): print('tick', number, flush=True); time.sleep(0.5)"
    watching = subprocess.Popen(
        call("submit", "--", "python", "-c", script, address=head),
        cwd=ROOT,
        env={**os.environ, **TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    assert any("tick 3" in line for line in watching.stdout), "it is shown while it goes on"

    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)

    assert watching.returncode == 130
    number = re.search(r"(\S+) goes on", said)
    assert number, said
    assert f"silencio jobs follow {number[1]} --address {head}" in said
    assert f"{number[1]}\tRUNNING\tpython" in silencio_jobs("list", address=head).stdout

    assert "is being stopped" in silencio_jobs("stop", number[1], address=head).stdout
    followed = silencio_jobs("follow", number[1], address=head)
    assert "tick 0" in followed.stdout
    assert followed.returncode == 3
    assert "was stopped before it was done" in followed.stderr


@pytest.mark.slow
def test_a_job_that_is_not_there_is_wrong_use(head: str) -> None:
    asked = silencio_jobs("follow", "nobody", address=head)
    assert asked.returncode == 2
    assert "There is no job nobody" in asked.stderr


@pytest.mark.slow
def test_a_cluster_that_does_not_know_us_says_what_it_wants(head: str) -> None:
    asked = silencio_jobs("list", address=head, RAY_AUTH_TOKEN="another-" + "0" * 56)
    assert asked.returncode == 2
    assert "RAY_AUTH_TOKEN" in asked.stderr
