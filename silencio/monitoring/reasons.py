"""Why to train again."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    NO_CHAMPION = "no champion"
    DATA = "new data"
    FEEDBACK = "feedback"
    SCHEDULE = "schedule"
    CODE = "code"
    SETTINGS = "settings"
    AGE = "age"
    DRIFT = "drift"


@dataclass(frozen=True)
class Reason:
    why: Why
    sentence: str
    key: str
    """What it rests on: a training that was begun for a reason is not begun again for the same one."""
