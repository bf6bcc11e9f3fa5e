"""Data that is ready before it is asked for, and how long was waited all the same."""

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

DEPTH = 3
"""Made ahead at most: enough to even out a slow read, few enough for memory to stay flat."""


def ahead(items: Iterable[T], depth: int = DEPTH) -> Iterator[T]:
    """The same items in the same order, made by a thread of their own. What fails there is raised here."""
    ready: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(depth)
    wanted = threading.Event()
    wanted.set()

    def hand_over(item: tuple[T] | BaseException | None) -> None:
        while wanted.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                break

    def make() -> None:
        try:
            for item in items:
                hand_over((item,))
                if not wanted.is_set():
                    return
            hand_over(None)
        except BaseException as error:  # whatever it is, it belongs to whoever waits for the data
            hand_over(error)

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        wanted.clear()
        thread.join()


class Clocked(Generic[T]):
    """Passes items on; knows for how long each had to be waited for."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self.waited = 0.0
        """Seconds."""

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        began = time.perf_counter()
        try:
            return next(self._items)
        finally:
            self.waited += time.perf_counter() - began
