"""The process that writes, as the service sees it: started when it is first needed, and again where it died."""

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from silencio.errors import SilencioError
from silencio.serving.keeping.parcel import Order, Place, Report
from silencio.settings import Keeping

COMMAND = [sys.executable, "-m", "silencio.serving.keeping.writer"]
PIPE_BYTES = 2**20
"""As much as Linux gives anybody: what fits goes over at once."""


class ScribeLost(SilencioError):
    """The process died, or cannot be started; the next order starts another."""


class Scribe:
    """Its methods wait, and are called by one thread at a time; `kill` by any."""

    def __init__(self, folder: Path, settings: Keeping) -> None:
        self._place = Place(folder, settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._is_at_work, self._is_over = False, False

    @property
    def is_at_work(self) -> bool:
        """Whether it has done anything yet: it takes a second to start."""
        return self._is_at_work

    def do(self, order: Order) -> Report:
        try:
            if self._process is None:
                self._process = _started()
                _tell(self._process, self._place)
            if self._is_over:
                self._process.kill()
            _tell(self._process, order)
            report = _hear(self._process)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.end(0.0)
            raise ScribeLost(
                f"The process that writes down what was heard is gone ({type(error).__name__}).",
                "Look at its last words, just before this, and whether memory ran out.",
            ) from error
        self._is_at_work = True
        return report

    def end(self, patience: float) -> None:
        """It ends where its orders do; it is killed if that is not within so many seconds."""
        process, self._process, self._is_at_work = self._process, None, False
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # what it did not read any more
            process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def kill(self) -> None:
        """There is no other afterwards."""
        self._is_over = True  # before it is looked for: it may be starting
        if (process := self._process) is not None:
            process.kill()


def _started() -> "subprocess.Popen[bytes]":
    """It ends when this process does, however it ends: nobody else can give it orders."""
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pipesize=PIPE_BYTES,
        start_new_session=True,  # it counts for less than others: see there
        # Its products are small, and a second thread would have to be waited for.
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )


def _tell(process: "subprocess.Popen[bytes]", what: Place | Order) -> None:
    assert process.stdin is not None
    # Piece by piece: nobody else is kept from the interpreter for long.
    pickle.dump(what, process.stdin, pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()


def _hear(process: "subprocess.Popen[bytes]") -> Report:
    assert process.stdout is not None
    report: Report = pickle.load(process.stdout)
    return report
