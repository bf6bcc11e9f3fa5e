"""How often: a bucket of tokens for each who asks, filled at a steady pace, one token a request."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass

MOST_CALLERS = 10_000
"""Buckets at once; beyond, whoever has not asked for longest starts with a full one again."""


@dataclass(frozen=True)
class Allowance:
    allowed: bool
    limit: int
    left: int
    """Requests at once, now."""
    wait: float
    """Seconds until the next request is allowed; 0 if it is."""
    full_in: float
    """Seconds until all is allowed again."""

    def headers(self) -> dict[str, str]:
        told = {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.left),
            "ratelimit-reset": str(math.ceil(self.full_in)),
        }
        return told if self.allowed else told | {"retry-after": str(math.ceil(self.wait))}


class Rates:
    def __init__(self, per_minute: float, burst: int) -> None:
        self._pace, self._burst = per_minute / 60, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float | None = None) -> Allowance:
        """One request of that caller, at a time of `time.monotonic`; one that is refused costs nothing."""
        now = time.monotonic() if now is None else now
        tokens, since = self._buckets.pop(caller, (float(self._burst), now))
        tokens = min(self._burst, tokens + (now - since) * self._pace)
        allowed = tokens >= 1
        tokens -= allowed
        self._buckets[caller] = tokens, now
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        wait = 0.0 if allowed else (1 - tokens) / self._pace
        return Allowance(allowed, self._burst, int(tokens), wait, (self._burst - tokens) / self._pace)
