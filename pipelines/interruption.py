"""Ctrl-C and SIGTERM in the midst of a run: the steps end first, then the command does."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

ENDING = (signal.SIGINT, signal.SIGTERM)
SHELLS_ADD = 128
"""To the number of the signal that ended a command: its exit code as shells have it, and none of a gate's."""


class Interrupted(KeyboardInterrupt):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def interruptible(end: Callable[[], None]) -> Iterator[None]:
    """While it lasts, the first of these signals calls `end` and raises Interrupted in the main thread; those that
    follow change nothing, for what ends has its own limit of time."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    def interrupted(number: int, frame: FrameType | None) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        end()
        raise Interrupted(number)

    before = {each: signal.signal(each, interrupted) for each in ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def going_on_later() -> Iterator[None]:
    """Around a command whose work is kept: it says so, and ends as shells expect."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        typer.echo("Stopped. What is done is kept: the same command goes on from here.", err=True)
        number = stopped.number if isinstance(stopped, Interrupted) else signal.SIGINT
        raise typer.Exit(SHELLS_ADD + number) from None
