"""Steps without the seconds that Python needs to import what most of them use.

A step of Kubeflow's local runner is a process of its own. Here it is a fork of one that has imported all of that:
so it begins at once, and is as separate from the others as before. `pipelines/fork_step.py` stands where the runner
would start Python, and asks `pipelines/forking.py` for the fork.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path

IMPORTED = (
    "silencio.steps.build",
    "silencio.data.ingest.make",
    "silencio.registry.versions",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "torch",
)
"""One at a time, while nobody asks, what is needed first comes first. What starts threads as it is imported is left
to the steps."""
FORK_STEP = Path(__file__).with_name("fork_step.py")

_server: ContextVar["subprocess.Popen[bytes] | None"] = ContextVar("the server that forks", default=None)


@contextlib.contextmanager
def warm_steps(imported: Sequence[str] = IMPORTED) -> Iterator[Callable[[], None]]:
    """While it lasts, the runner's Python is one that forks, with these modules. It goes with whoever started it,
    however that ends.

    What it gives ends all steps that run, in seconds. Within another one, it is that one: whoever begins early
    has it warm when the first step comes.
    """
    if running := _server.get():
        yield lambda: _let_go(running)
        return
    with tempfile.TemporaryDirectory(prefix="silencio-") as folder:
        address = Path(folder) / "steps"
        python = Path(folder) / "python3"
        # -S and -I: without site-packages it starts in a hundredth of a second.
        asks = f'"{sys.executable}" -S -I "{FORK_STEP}" "{address}" "{sys.executable}" "$@"'
        python.write_text(f"#!/bin/sh\nexec {asks}\n")
        python.chmod(0o700)
        server = subprocess.Popen(
            [sys.executable, "-m", "pipelines.forking", str(address), *imported],
            stdin=subprocess.PIPE,  # closed when this process ends, by whatever
            stdout=subprocess.DEVNULL,
            env=os.environ | {"_KFP_RUNTIME": "true"},
        )
        before, sys.executable = sys.executable, str(python)
        token = _server.set(server)
        try:
            yield lambda: _let_go(server)
        except BaseException:
            _let_go(server)
            raise
        else:
            server.terminate()  # no step is left: whatever it imports now, nobody needs
        finally:
            _server.reset(token)
            sys.executable = before
            server.wait()


def _let_go(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin is not None
    server.stdin.close()
