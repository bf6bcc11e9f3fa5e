"""Between attempts: longer and longer, until patience is at its end."""

import random
import time

FIRST, LONGEST = 0.5, 15.0
"""Seconds: doubled each time, with chance in it, so that many clients do not come back together."""


class Pauses:
    def __init__(self, patience: float) -> None:
        self._end, self._next = time.monotonic() + patience, FIRST

    def wait(self, wished: str | None = None) -> bool:
        """False if there is no time left for another attempt. `wished` is what the server asked for, in seconds."""
        pause = self._next * random.uniform(0.75, 1.25)
        if wished and wished.isdigit():
            pause = max(pause, float(wished))
        if time.monotonic() + pause > self._end:
            return False
        time.sleep(pause)
        self._next = min(2 * self._next, LONGEST)
        return True
