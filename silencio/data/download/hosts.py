"""Manners towards each host: a pause that it asks for is kept by everybody, and a dead one is left in peace."""

import asyncio
import time

from silencio.data.download.patience import Patience


class Hosts:
    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._closed_until: dict[str, float] = {}
        self._unheard: dict[str, tuple[float, float]] = {}

    async def ready(self, host: str) -> None:
        while (left := self._closed_until.get(host, 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def pause(self, host: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._closed_until[host] = max(until, self._closed_until.get(host, 0.0))

    def heard(self, host: str) -> None:
        self._unheard.pop(host, None)

    def unheard(self, host: str) -> None:
        now = time.monotonic()
        first, _ = self._unheard.get(host, (now, now))
        self._unheard[host] = (first, now)

    def is_dead(self, host: str) -> bool:
        """It was asked again and again, and long enough, with never an answer in between."""
        first, last = self._unheard.get(host, (0.0, 0.0))
        return last - first > self._patience.unheard
