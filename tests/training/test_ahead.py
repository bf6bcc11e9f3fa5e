"""Data that is ready before it is asked for."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.training.ahead import Clocked, ahead


@given(st.lists(st.none() | st.integers(), max_size=30), st.integers(1, 5))
def test_the_same_items_come_in_the_same_order(items: list[int | None], depth: int) -> None:
    assert list(ahead(items, depth)) == items


def test_no_more_than_so_many_are_made_ahead() -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    for taken, _ in enumerate(ahead(making(), depth=3)):
        # Those that wait, the one that is being handed over, and the one that was taken.
        assert len(made) <= taken + 1 + 3 + 1


def test_the_next_is_made_while_nobody_asks() -> None:
    second = threading.Event()

    def making() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    items = ahead(making())
    assert next(items) == 1
    assert second.wait(timeout=10)


def test_what_fails_there_is_raised_here_after_what_went_well() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)


def test_who_stops_early_leaves_no_thread_behind() -> None:
    items = ahead(iter(range(1000)), depth=2)
    next(items)
    items.close()
    assert "ahead" not in {thread.name for thread in threading.enumerate()}


def test_time_spent_waiting_is_told_from_time_spent_working() -> None:
    def slow() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.03)
            yield number

    began = time.perf_counter()
    waiting = Clocked(slow())
    for _ in waiting:
        time.sleep(0.03)
    assert 0.09 <= waiting.waited <= time.perf_counter() - began - 0.09
