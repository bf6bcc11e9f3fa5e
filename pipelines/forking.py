"""The process that steps are forked from: python -m pipelines.forking ADDRESS MODULE…

It listens at a socket, imports the modules while nobody asks, and ends when its standard input does.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from types import FrameType

STEP = "kfp.dsl.executor_main"
"""What the runner has Python run."""
HEAVY = frozenset({"torch"})
QUIET = 3.0
"""Seconds without a request before something heavy is imported: a run that finds all done never needs it, and whoever
asks meanwhile waits."""
GRACE = 10.0
"""Seconds in which a step that is to end may tidy up: stop the services that it started."""
LONGEST = 1 << 24
"""Bytes of a request: the command and the environment."""
POLL = 0.02


class Server:
    """Forks on request, and says how each fork ended. One thread: a fork has no other's locks."""

    def __init__(self, address: str, imported: Sequence[str]) -> None:
        self._imported = imported
        self._selector = selectors.DefaultSelector()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(address)
        self._listening.listen()
        self._callers: dict[int, socket.socket] = {}
        """By the process that was forked for them."""
        self._forks: set[int] = set()
        """All that did not end yet, also those that nobody waits for any more."""
        self._awake, waking = socket.socketpair()
        waking.setblocking(False)
        signal.set_wakeup_fd(waking.fileno())
        self._waking = waking
        signal.signal(signal.SIGCHLD, _nothing)
        # Ctrl-C reaches everybody in the terminal's group; whoever runs the pipeline ends it, in order.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for readable in (self._listening, self._awake, sys.stdin):
            self._selector.register(readable, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until nobody holds the other end of standard input."""
        waiting = list(self._imported)
        while True:
            pause = None if not waiting else QUIET if waiting[0] in HEAVY else 0
            ready = [key.fileobj for key, _ in self._selector.select(pause)]
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
        self._forks.add(pid)
        self._callers[pid] = caller
        self._selector.register(caller, selectors.EVENT_READ)

    def _step(self, asked: bytes, descriptors: list[int]) -> int:
        """The fork's own life; its exit code."""
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, _tidy_up_in(os.getpid()))
            for number, descriptor in enumerate(descriptors):
                os.dup2(descriptor, number)
            said = json.loads(asked)
            os.environ.clear()
            os.environ.update(said["environment"])
            os.chdir(said["folder"])
            sys.argv = [STEP, *said["arguments"]]
            from kfp.dsl.executor_main import executor_main

            began = time.monotonic()
            executor_main()
            print(f"worked {time.monotonic() - began:.3f} s")
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
                self._forks.discard(pid)
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
        for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
            for pid in self._forks:
                os.kill(pid, number)
            until = time.monotonic() + patience
            while self._forks and time.monotonic() < until:
                time.sleep(POLL)
                self._reap()


def _tidy_up_in(pid: int) -> Callable[[int, FrameType | None], None]:
    """Ends the step by an exception, so that what it opened is closed; its children end as they would."""

    def told(number: int, frame: FrameType | None) -> None:
        if os.getpid() == pid:
            sys.exit(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    return told


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

    Server(sys.argv[1], sys.argv[2:]).serve()
