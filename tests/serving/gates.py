"""A model that answers when a test lets it, and an audience that writes down what an engine does."""

import threading
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from silencio.audio import Features, Scale
from silencio.optimize.engines.model import Model
from silencio.serving.engine.heard import Served
from silencio.serving.engine.watching import Nobody
from silencio.settings import FrontEnd

Floats = NDArray[np.float32]

PATIENCE = 10.0


class Gate(Model):
    """Another model, behind a gate that is open until it is shut."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._open = threading.Event()
        self._open.set()
        self._asked = threading.Semaphore(0)
        self.batches: list[int] = []

    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        self.batches.append(len(pictures))
        self._asked.release()
        assert self._open.wait(PATIENCE)
        return self._model.batch(pictures)

    def shut(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def wait_until_asked(self, times: int = 1) -> None:
        for _ in range(times):
            assert self._asked.acquire(timeout=PATIENCE)


def behind_a_gate(served: Served) -> tuple[Served, Gate]:
    gate = Gate(served.model)
    return replace(served, model=gate), gate


class Slow(Features):
    """Computes once it may."""

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__(front_end)
        self._open = threading.Event()
        self._asked = threading.Event()

    def scaled(self, windows: Floats, real: NDArray[np.int64] | None = None) -> tuple[Floats, Scale | None]:
        self._asked.set()
        assert self._open.wait(PATIENCE)
        return super().scaled(windows, real)

    def wait_until_asked(self) -> None:
        assert self._asked.wait(PATIENCE)

    def open(self) -> None:
        self._open.set()


class Counts(Features):
    """How many threads compute at once."""

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__(front_end)
        self.now, self.most, self._lock = 0, 0, threading.Lock()

    def scaled(self, windows: Floats, real: NDArray[np.int64] | None = None) -> tuple[Floats, Scale | None]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.002)
        try:
            return super().scaled(windows, real)
        finally:
            with self._lock:
                self.now -= 1


class Audience(Nobody):
    def __init__(self) -> None:
        self.away: list[str] = []
        self.served: list[str] = []
        self.refusals: list[str] = []
        self.in_the_queue = 0

    def turned_away(self, why: str) -> None:
        self.away.append(why)

    def serves(self, served: Served) -> None:
        self.served.append(served.bundle.digest)

    def refused(self, why: str) -> None:
        self.refusals.append(why)

    def waiting(self, windows: int) -> None:
        self.in_the_queue = windows
