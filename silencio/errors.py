"""Errors that a user can act on, and the exit code that each of them ends the command with."""

from typing import ClassVar


class SilencioError(Exception):
    """Something broke. `problem` says what was found, `remedy` what to do about it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class WrongUse(SilencioError):
    """The request itself is at fault: a wrong key, a missing file, an impossible value."""

    exit_code = 2


class GateRefused(SilencioError):
    """Everything worked, and the answer is no."""

    exit_code = 1
