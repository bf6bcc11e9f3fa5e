"""Steps without the seconds that Python needs to import what most of them use.

A step of Kubeflow's local runner is a process of its own. Here it is a fork of one that has imported all of that:
so it begins at once, and is as separate from the others as before. `pipelines/fork_step.py` stands where the runner
would start Python, and asks for the fork.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

STEP = "kfp.dsl.executor_main"
"""What the runner has Python run."""
IMPORTED = ("mlflow", "silencio.registry.versions", "silencio.steps.build", "silencio.data.catalog", "torch")
"""One at a time, while nobody asks; what starts threads as it is imported is left to the steps."""
LONGEST = 1 << 24
"""Bytes of a request: the command and the environment."""
FORK_STEP = Path(__file__).with_name("fork_step.py")


@contextlib.contextmanager
def warm_steps() -> Iterator[None]:
    """While it lasts, the runner's Python is one that forks. It goes with whoever started it, however that ends."""
    with tempfile.TemporaryDirectory(prefix="silencio-") as folder:
        address = Path(folder) / "steps"
        python = Path(folder) / "python3"
        # -S and -I: without site-packages it starts in a hundredth of a second.
        asks = f'"{sys.executable}" -S -I "{FORK_STEP}" "{address}" "{sys.executable}" "$@"'
        python.write_text(f"#!/bin/sh\nexec {asks}\n")
        python.chmod(0o700)
        server = subprocess.Popen(
            [sys.executable, "-m", "pipelines.warm", str(address)],
            stdin=subprocess.PIPE,  # closed when this process ends, by whatever
            stdout=subprocess.DEVNULL,
            env=os.environ | {"_KFP_RUNTIME": "true"},
        )
        before, sys.executable = sys.executable, str(python)
        try:
            yield
        finally:
            sys.executable = before
            assert server.stdin is not None
            server.stdin.close()
            server.wait()


class Server:
    """Forks on request, and says how each fork ended. One thread: a fork has no other's locks."""

    def __init__(self, address: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(address)
        self._listening.listen()
        self._callers: dict[int, socket.socket] = {}
        """By the process that was forked for them."""
        self._awake, waking = socket.socketpair()
        waking.setblocking(False)
        signal.set_wakeup_fd(waking.fileno())
        self._waking = waking
        signal.signal(signal.SIGCHLD, _nothing)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the steps have it, and the runner
        for readable in (self._listening, self._awake, sys.stdin):
            self._selector.register(readable, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until nobody holds the other end of standard input."""
        waiting = list(IMPORTED)
        while True:
            ready = [key.fileobj for key, _ in self._selector.select(0 if waiting else None)]
            if sys.stdin in ready:
                self._end()
                return
            if not ready:
                # A step that needs it says why it cannot be imported.
                with contextlib.suppress(ImportError):
                    importlib.import_module(waiting.pop(0))
            for readable in ready:
                if readable is self._listening:
                    self._fork()
                elif readable is self._awake:
                    self._awake.recv(4096)
                    self._reap()
                else:
                    assert isinstance(readable, socket.socket)
                    self._hung_up(readable)

    def _fork(self) -> None:
        caller, _ = self._listening.accept()
        head, descriptors, _, _ = socket.recv_fds(caller, 8, 3)
        asked = _read(caller, int.from_bytes(head, "big"))
        pid = os.fork()
        if pid == 0:
            os._exit(self._step(asked, descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
        self._callers[pid] = caller
        self._selector.register(caller, selectors.EVENT_READ)

    def _step(self, asked: bytes, descriptors: list[int]) -> int:
        """The fork's own life; its exit code."""
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
            said = json.loads(asked)
            os.environ.clear()
            os.environ.update(said["environment"])
            os.chdir(said["folder"])
            sys.argv = [STEP, *said["arguments"]]
            from kfp.dsl.executor_main import executor_main

            executor_main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        return 0

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found
                if caller := self._callers.pop(pid, None):
                    self._selector.unregister(caller)
                    code = os.waitstatus_to_exitcode(status)
                    with contextlib.suppress(OSError):  # it may have been killed meanwhile
                        caller.sendall(str(code).encode())
                    caller.close()

    def _hung_up(self, caller: socket.socket) -> None:
        """Whoever asked was killed: so is what was forked for it."""
        pid = next((pid for pid, asked_by in self._callers.items() if asked_by is caller), None)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            self._callers.pop(pid)
        self._selector.unregister(caller)
        caller.close()

    def _end(self) -> None:
        signal.set_wakeup_fd(-1)
        for pid in self._callers:
            os.kill(pid, signal.SIGTERM)


def _nothing(number: int, frame: FrameType | None) -> None:
    """The wake-up descriptor tells."""


def _read(caller: socket.socket, length: int) -> bytes:
    if length > LONGEST:
        raise ValueError(f"a request of {length} bytes")
    parts = bytearray()
    while len(parts) < length:
        part = caller.recv(length - len(parts))
        if not part:
            raise ValueError("a request broke off")
        parts += part
    return bytes(parts)


if __name__ == "__main__":
    import kfp.dsl.executor_main  # noqa: F401  before anybody can ask

    Server(sys.argv[1]).serve()
