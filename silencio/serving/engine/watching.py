"""Who watches an engine: metrics do, and whoever measures."""

from typing import Protocol

from silencio.serving.engine.heard import Served


class Watching(Protocol):
    """Told from any thread, and never to wait."""

    def batched(self, windows: int, seconds: float) -> None:
        """The model was asked once, for so many windows."""

    def waiting(self, windows: int) -> None:
        """So many stand in the queue now."""

    def turned_away(self, why: str) -> None:
        """A request was not taken, or given up: `full`, `late` or `draining`."""

    def serves(self, served: Served) -> None:
        """From now on, this version answers."""

    def refused(self, why: str) -> None:
        """A new version was there, and could not be served."""


class Nobody:
    """Watches nothing."""

    def batched(self, windows: int, seconds: float) -> None: ...

    def waiting(self, windows: int) -> None: ...

    def turned_away(self, why: str) -> None: ...

    def serves(self, served: Served) -> None: ...

    def refused(self, why: str) -> None: ...
