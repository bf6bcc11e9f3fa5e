import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio.optimize.bundle import Bundle
from silencio.serving.engine.asked import LONG_BYTES, Asked
from silencio.serving.engine.heard import Prepared, Priority, Served
from silencio.serving.engine.lines import PATIENCE, Batch, Lines, Preparation, Work
from silencio.serving.engine.opening import open_served
from silencio.settings.service import Batching

LIVE, BULK = Priority.LIVE, Priority.BULK
LONG_AGO, NOW = 0.0, 1000.0


@pytest.fixture(scope="module")
def served(bundle: Bundle) -> Served:
    return open_served(bundle, threads=1)


def asked(
    served: Served, windows: int = 0, priority: Priority = LIVE, size: int = 1, since: float = NOW
) -> Asked:
    """With so many windows prepared; 0: not decoded yet, of `size` bytes."""

    async def make() -> Asked:
        pictures = np.zeros((windows, *served.bundle.front_end.shape), np.float32)
        prepared = Prepared(float(windows), np.arange(windows, dtype=float), pictures) if windows else None
        return Asked(served, b"" if windows else bytes(size), priority, NOW + 30, prepared)

    made = asyncio.run(make())
    made.waits_since = since
    return made


def lines(*waiting: Asked, most_long: int = 1, **batching: float) -> Lines:
    made = Lines(Batching.model_validate(batching), most_long)
    for one in waiting:
        made.add(one)
    return made


def sizes(work: Work | None) -> dict[Asked, int]:
    assert isinstance(work, Batch)
    assert sum(len(s.features) for s in work.shares) == len(work.windows())
    return {share.asked: len(share.features) for share in work.shares}


def test_whoever_is_alone_does_not_wait_for_others(served: Served) -> None:
    alone = asked(served, 1)
    assert sizes(lines(alone, wait_ms=1000).next(NOW)) == {alone: 1}


def test_windows_wait_for_those_that_are_being_decoded_but_not_for_long(served: Served) -> None:
    first, second = asked(served, 1), asked(served)
    waiting = lines(first, second, wait_ms=10)

    assert waiting.next(NOW) == Preparation(second)
    assert waiting.next(NOW) is None
    assert waiting.due() == pytest.approx(NOW + 0.010)
    assert sizes(waiting.next(NOW + 0.011)) == {first: 1}


def test_a_batch_that_is_full_does_not_wait(served: Served) -> None:
    several = [asked(served, 2), asked(served, 2), asked(served)]
    assert sizes(lines(*several, wait_ms=1000, largest=4).next(NOW)) == {several[0]: 2, several[1]: 2}


def test_a_long_recording_leaves_the_short_ones_their_place_in_every_batch(served: Served) -> None:
    long, short, late = asked(served, 100), asked(served, 1), asked(served, 3)
    waiting = lines(long, short, largest=16)

    assert sizes(waiting.next(NOW)) == {long: 15, short: 1}
    waiting.add(late)
    assert sizes(waiting.next(NOW)) == {long: 13, late: 3}
    assert sizes(waiting.next(NOW)) == {long: 16}


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.integers(1, 16))
def test_every_window_is_asked_once_and_nobody_is_passed_over_twice(
    served: Served, counts: list[int], largest: int
) -> None:
    crowd = [asked(served, count) for count in counts]
    waiting = lines(*crowd, largest=largest)
    taken: dict[Asked, list[int]] = {one: [] for one in crowd}
    rounds: list[set[Asked]] = []
    while work := waiting.next(NOW):
        assert isinstance(work, Batch)
        assert sum(len(share.features) for share in work.shares) <= largest
        for share in work.shares:
            taken[share.asked] += range(share.begin, share.begin + len(share.features))
        rounds.append({share.asked for share in work.shares})

    assert [taken[one] for one in crowd] == [list(range(count)) for count in counts]
    assert sum(waiting.waiting.values()) == 0
    most = -(-len(crowd) // largest)
    assert set().union(*rounds[:most]) == set(crowd), "who was there is in one of the first batches"


def test_live_goes_before_bulk_and_never_with_it(served: Served) -> None:
    bulk, live = asked(served, 4, BULK), asked(served, 2, LIVE)
    waiting = lines(bulk, live)
    assert sizes(waiting.next(NOW)) == {live: 2}
    assert sizes(waiting.next(NOW)) == {bulk: 4}


def test_a_live_recording_is_decoded_before_bulk_is_asked_or_decoded(served: Served) -> None:
    live = asked(served)
    waiting = lines(asked(served, 4, BULK, since=LONG_AGO), asked(served, 0, BULK), live)
    assert waiting.next(NOW) == Preparation(live)


def test_bulk_goes_on_however_many_live_requests_there_are(served: Served) -> None:
    bulk = asked(served, 100, BULK)
    waiting = lines(bulk, *(asked(served, 1) for _ in range(100)), largest=1)
    turns = [sizes(waiting.next(NOW)) for _ in range(5 * PATIENCE)]
    assert sum(bulk in turn for turn in turns) == 5


def test_short_recordings_find_somebody_beside_the_long_ones(served: Served) -> None:
    first, second = (asked(served, size=LONG_BYTES + 1) for _ in range(2))
    short = asked(served)
    waiting = lines(first, second, short, most_long=1)

    assert waiting.next(NOW) == Preparation(first)
    assert waiting.next(NOW) == Preparation(short)
    assert waiting.next(NOW) is None
    waiting.prepared(first)
    assert waiting.next(NOW) == Preparation(second)


def test_the_line_takes_no_more_than_it_may_and_bulk_only_its_share(served: Served) -> None:
    waiting = lines(asked(served, 2, BULK), queue=10, bulk_share=0.5)
    assert waiting.room_for(asked(served, 3, BULK))
    assert not waiting.room_for(asked(served, 4, BULK))
    assert waiting.room_for(asked(served, 8, LIVE))
    assert not waiting.room_for(asked(served, 9, LIVE))


@pytest.mark.parametrize("priority", Priority)
def test_whoever_waits_alone_may_bring_more_than_there_is_room(served: Served, priority: Priority) -> None:
    assert lines(queue=10).room_for(asked(served, 500, priority))


def test_versions_do_not_share_a_batch(served: Served, bundle: Bundle) -> None:
    before, after = asked(served, 3), asked(open_served(bundle, 1), 3)
    waiting = lines(before, after)
    assert sizes(waiting.next(NOW)) == {before: 3}
    assert sizes(waiting.next(NOW)) == {after: 3}


def test_who_gives_up_leaves_the_line_and_its_place(served: Served) -> None:
    for gone in (asked(served, 7), asked(served)):
        waiting = lines(gone, queue=7)
        assert waiting.remove(gone)
        assert not waiting.remove(gone)
        assert sum(waiting.waiting.values()) == 0
        assert waiting.next(NOW) is None
