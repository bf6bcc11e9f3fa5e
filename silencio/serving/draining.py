"""That the service was told to stop: from then on it finishes what it has, and takes nothing new."""

import threading
from collections.abc import Callable


class Draining:
    """Begun by a signal, and looked at by whoever answers."""

    def __init__(self, turned_away: Callable[[], None] = lambda: None) -> None:
        """`turned_away` is told of every request that came too late."""
        self._begun = threading.Event()
        self.turned_away = turned_away

    @property
    def begun(self) -> bool:
        return self._begun.is_set()

    def begin(self) -> None:
        self._begun.set()
