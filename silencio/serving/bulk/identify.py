"""Every recording once, several under way together, the results in the recordings' order."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from silencio.audio import Limits, Unreadable
from silencio.progress import Progress, Tell
from silencio.serving.bulk.asking import Asking
from silencio.serving.bulk.recordings import Recording
from silencio.serving.bulk.results import Results
from silencio.serving.bulk.tables import Table, Windows

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AtOnce:
    recordings: int
    bytes: int
    """Of all recordings under way; a larger one goes alone."""


async def identify_all(
    wanted: Sequence[Recording],
    asking: Asking,
    results: Results,
    table: Table,
    limits: Limits,
    at_once: AtOnce,
    tell: Tell,
) -> list[Recording]:
    """Those that could not be read; the log says why. What `results` has already is not asked again."""
    todo = [recording for recording in wanted if recording.name not in results.done]
    unread: list[Recording] = []
    under_way: deque[tuple[Recording, int, asyncio.Task[Windows]]] = deque()
    begun = time.monotonic()

    async def finish_the_first() -> None:
        recording, _, task = under_way[0]
        try:
            results.add(recording.name, table.lines(recording.name, asking.codes, await task))
        except Unreadable as error:
            log.warning("%s is skipped: %s", recording.path, error)
            unread.append(recording)
        under_way.popleft()
        done = len(todo) - left - len(under_way)
        per_second = done / (time.monotonic() - begun)
        tell(
            Progress(
                len(wanted) - len(todo) + done, len(wanted), f"{per_second:.3g} a second, {recording.name}"
            )
        )

    left = len(todo)
    try:
        for recording in todo:
            size = recording.path.stat().st_size
            while under_way and not _fits(size, [s for _, s, _ in under_way], at_once):
                await finish_the_first()
            under_way.append((recording, size, asyncio.create_task(_ask(recording, size, asking, limits))))
            left -= 1
        while under_way:
            await finish_the_first()
    finally:
        for _, _, task in under_way:
            task.cancel()
    return unread


def _fits(size: int, sizes: Sequence[int], at_once: AtOnce) -> bool:
    return len(sizes) < at_once.recordings and sum(sizes) + size <= at_once.bytes


async def _ask(recording: Recording, size: int, asking: Asking, limits: Limits) -> Windows:
    if size > limits.max_bytes:
        raise Unreadable(f"It has {size} bytes.", f"At most {limits.max_bytes} are taken.")
    return await asking.ask(await asyncio.to_thread(recording.path.read_bytes))
