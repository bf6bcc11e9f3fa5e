import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from silencio.audio import Features, Unreadable, windows_of
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.model import Model
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.heard import Heard, Prepared, Priority, Served
from silencio.serving.engine.opening import open_served
from silencio.serving.problems import Problem
from silencio.settings import Serving
from silencio.settings.service import Batching
from tests.bundles import TONES, encode, tone
from tests.serving.gates import PATIENCE, Audience, Counts, Gate, Slow, behind_a_gate

CODES = list(TONES)
RECORDINGS = [
    tone(code, seconds, seed=seed) for seed, seconds in enumerate((0.5, 1.0, 3.0, 20.0)) for code in CODES
]
T = TypeVar("T")


@pytest.fixture(scope="module")
def served(bundle: Bundle) -> Served:
    return open_served(bundle, threads=1)


@pytest.fixture(scope="module")
def alone(bundle: Bundle) -> list[NDArray[np.float32]]:
    """What the bundle itself says of each recording."""
    features, model = Features(bundle.front_end), bundle.model()
    return [model.probabilities(windows_of(recording, features).features) for recording in RECORDINGS]


def run(asking: Coroutine[Any, Any, T]) -> T:
    async def in_time() -> T:
        async with asyncio.timeout(PATIENCE):
            return await asking

    return asyncio.run(in_time())


async def until(true: Any) -> None:
    while not true():
        await asyncio.sleep(0.001)


async def hold(engine: Engine, gate: Gate) -> "asyncio.Task[Heard]":
    """A request that keeps a thread at the model until the gate is opened."""
    gate.shut()
    holding = asyncio.create_task(engine.hear(RECORDINGS[0]))
    await asyncio.to_thread(gate.wait_until_asked)
    return holding


@settings(max_examples=25, deadline=None)
@given(
    crowd=st.lists(
        st.tuples(st.integers(0, len(RECORDINGS) - 1), st.sampled_from(Priority)), min_size=1, max_size=24
    ),
    largest=st.integers(1, 64),
    threads=st.integers(1, 4),
)
def test_a_recording_gets_the_same_answer_alone_and_in_a_crowd(
    served: Served,
    alone: list[NDArray[np.float32]],
    crowd: list[tuple[int, Priority]],
    largest: int,
    threads: int,
) -> None:
    engine = Engine(served, Serving(preparing=threads, batching=Batching(largest=largest, wait_ms=2)))

    async def ask() -> list[Heard]:
        return list(await asyncio.gather(*(engine.hear(RECORDINGS[n], priority) for n, priority in crowd)))

    for (number, _), heard in zip(crowd, run(ask()), strict=True):
        assert heard.probabilities.shape == alone[number].shape
        assert np.abs(heard.probabilities - alone[number]).max() <= 1e-6
        assert set(heard.took) == {"decode", "features", "queue", "inference"}


def test_windows_of_several_requests_go_through_the_model_together(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    engine = Engine(gated, Serving(preparing=1))

    async def ask() -> None:
        holding = await hold(engine, gate)
        crowd = [asyncio.create_task(engine.hear(tone(CODES[n % 3]))) for n in range(8)]
        await until(lambda: engine.under_way == 9)
        gate.open()
        await asyncio.gather(holding, *crowd)

    run(ask())
    assert sum(gate.batches) == 9
    assert max(gate.batches) > 1


def test_who_asks_alone_is_answered_first_and_heard_for_voices_later(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    engine = Engine(gated, Serving(preparing=1), ear=True)

    async def ask() -> tuple[Heard, Heard]:
        holding = await hold(engine, gate)
        crowd = [asyncio.create_task(engine.hear(RECORDINGS[0])) for _ in range(2)]
        await until(lambda: engine.under_way == 3)
        gate.open()
        alone, first, _ = await asyncio.gather(holding, *crowd)
        return alone, first

    alone, first = run(ask())
    assert alone.ear
    assert first.ear
    assert first.ear.nbytes < alone.ear.nbytes / 2
    assert np.array_equal(first.ear.lows(), alone.ear.lows())


def test_a_damaged_recording_fails_by_itself(served: Served, alone: list[NDArray[np.float32]]) -> None:
    engine = Engine(served, Serving())
    loud = encode(np.zeros(16_000))[:-3000] + b"\0" * 17
    crowd = [RECORDINGS[1], b"OggS no recording", RECORDINGS[4], loud[:30]]

    async def ask() -> list[Heard | BaseException]:
        return list(await asyncio.gather(*map(engine.hear, crowd), return_exceptions=True))

    first, garbage, second, cut = run(ask())
    assert isinstance(garbage, Unreadable)
    assert isinstance(cut, Unreadable)
    assert isinstance(first, Heard)
    assert isinstance(second, Heard)
    assert np.abs(second.probabilities - alone[4]).max() <= 1e-6
    assert engine.under_way == 0


def test_a_model_that_breaks_fails_its_batch_and_no_other(served: Served) -> None:
    class BreaksOnce(Model):
        broken = False

        def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
            if not self.broken:
                self.broken = True
                raise RuntimeError("out of memory")
            return served.model.batch(pictures)

    engine = Engine(replace(served, model=BreaksOnce()), Serving())
    with pytest.raises(RuntimeError, match="out of memory"):
        run(engine.hear(RECORDINGS[0]))
    assert len(run(engine.hear(RECORDINGS[0])).probabilities) == 1


def test_pictures_are_heard_like_the_recording_that_they_are_of(
    served: Served, alone: list[NDArray[np.float32]]
) -> None:
    engine = Engine(served, Serving())
    windowed = windows_of(RECORDINGS[6], served.features)
    pictures = Prepared(windowed.seconds, windowed.starts, windowed.features)
    assert np.array_equal(run(engine.hear(pictures)).probabilities, alone[6])
    for wrong in (pictures.features[:, :-1], pictures.features[:0], pictures.features[:1]):
        with pytest.raises(Unreadable, match="The model takes windows of"):
            run(engine.hear(replace(pictures, features=wrong)))


def test_who_brings_more_than_may_wait_is_told_when_to_come_again(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    audience = Audience()
    engine = Engine(gated, Serving(preparing=1, batching=Batching(queue=4)), audience)

    async def ask() -> list[Heard]:
        holding = await hold(engine, gate)
        waiting = [asyncio.create_task(engine.hear(RECORDINGS[1])) for _ in range(4)]
        await until(lambda: engine.under_way == 5)
        with pytest.raises(Problem) as refused:
            await engine.hear(RECORDINGS[2])
        assert refused.value.status == 429
        assert int(refused.value.headers["retry-after"]) >= 1
        gate.open()
        return await asyncio.gather(holding, *waiting)

    assert len(run(ask())) == 5, "whoever was taken is answered"
    assert audience.away == ["full"]
    assert audience.in_the_queue == 0


def test_a_recording_that_proves_longer_than_there_is_room_is_turned_away(served: Served) -> None:
    slow = Slow(served.bundle.front_end)
    settings = Serving(preparing=2, batching=Batching(queue=8, wait_ms=1000))
    engine = Engine(replace(served, features=slow), settings)
    five = windows_of(tone("howmon1", 5.0), served.features)

    async def ask() -> None:
        twenty_windows = asyncio.create_task(engine.hear(RECORDINGS[-1]))
        await asyncio.to_thread(slow.wait_until_asked)
        waiting = asyncio.create_task(engine.hear(Prepared(five.seconds, five.starts, five.features)))
        await until(lambda: engine.under_way == 2)
        slow.open()
        with pytest.raises(Problem, match="wait already"):
            await twenty_windows
        assert len((await waiting).probabilities) == 5

    run(ask())


def test_no_more_bytes_wait_than_may(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    size = len(RECORDINGS[0])
    engine = Engine(gated, Serving(preparing=1, waiting_bytes=2 * size))

    async def ask() -> None:
        holding = await hold(engine, gate)
        with pytest.raises(Problem, match="wait already") as refused:
            await engine.hear(RECORDINGS[-1])
        assert refused.value.status == 429
        gate.open()
        await holding
        await engine.hear(RECORDINGS[-1])  # alone it may be as large as it likes

    run(ask())


def test_what_is_late_is_said_in_time_and_never_computed(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    audience = Audience()
    engine = Engine(gated, Serving(preparing=1), audience)

    async def ask() -> None:
        holding = await hold(engine, gate)
        with pytest.raises(Problem) as late:
            await engine.hear(RECORDINGS[-1], deadline=time.monotonic() + 0.05)
        assert late.value.status == 504
        assert audience.in_the_queue == 0, "its place is free while the model still works at another"
        gate.open()
        await holding
        await engine.hear(RECORDINGS[0])

    run(ask())
    assert gate.batches == [1, 1]
    assert audience.away == ["late"]


def test_the_settings_say_by_when_an_answer_must_be_there(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    engine = Engine(gated, Serving(deadline_seconds=0.05))
    gate.shut()
    with pytest.raises(Problem) as late:
        run(engine.hear(RECORDINGS[0]))
    assert late.value.status == 504
    gate.open()


def test_who_goes_away_frees_its_place(served: Served) -> None:
    gated, gate = behind_a_gate(served)
    audience = Audience()
    engine = Engine(gated, Serving(preparing=1, batching=Batching(queue=1)), audience)

    async def ask() -> None:
        holding = await hold(engine, gate)
        leaves = asyncio.create_task(engine.hear(RECORDINGS[-1]))
        await until(lambda: audience.in_the_queue == 1)
        leaves.cancel()
        await asyncio.wait([leaves])
        stays = asyncio.create_task(engine.hear(RECORDINGS[1]))
        await until(lambda: audience.in_the_queue == 1)
        gate.open()
        await asyncio.gather(holding, stays)

    run(ask())
    assert sum(gate.batches) == 2, "of who left, nothing was computed"


def test_no_more_recordings_are_decoded_at_once_than_the_settings_say(served: Served) -> None:
    counts = Counts(served.bundle.front_end)
    engine = Engine(replace(served, features=counts), Serving(preparing=2))

    async def ask() -> None:
        await asyncio.gather(*(engine.hear(RECORDINGS[2]) for _ in range(20)))

    run(ask())
    assert counts.most == 2


def test_an_engine_answers_whichever_loop_asks(served: Served) -> None:
    engine = Engine(served, Serving())
    first, second = run(engine.hear(RECORDINGS[0])), run(engine.hear(RECORDINGS[0]))
    assert np.array_equal(first.probabilities, second.probabilities)
