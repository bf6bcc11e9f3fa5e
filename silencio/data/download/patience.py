"""How long to wait, how often to try again, and what a server asks for."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Patience:
    """Seconds, but for `attempts`."""

    attempts: int = 5
    first_wait: float = 1.0
    """Before the second attempt; twice as long before each that follows."""
    longest_wait: float = 60.0
    longest_asked: float = 900.0
    """A server that asks for more (Retry-After) is not waited for."""
    connect: float = 10.0
    read: float = 30.0
    """Of silence within an answer."""
    total: float = 600.0
    """Of one attempt, however steadily it drips."""
    unheard: float = 300.0
    """A host from which nothing came for so long is given up, with all that lies there."""

    def wait(self, attempt: int) -> float:
        """After the attempt of this number, from 0 on: shortened by chance, so that not all come back at once."""
        return min(self.longest_wait, self.first_wait * 2.0**attempt) * random.uniform(0.5, 1.0)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds from now: a number of them, or a date; None where neither can be read."""
    said = headers.get("retry-after", "").strip()
    if said.isdecimal() and len(said) < 10:
        return float(said)
    moment = http_date(said)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
