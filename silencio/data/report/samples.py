"""The samples of a page: chosen, and drawn; nothing else of the data set is decoded."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from silencio.audio import LogMel
from silencio.data.report.choose import MANY, Chosen, choose
from silencio.data.report.excerpt import AT_ONCE, LARGE, SMALL, Excerpt, excerpt
from silencio.data.report.material import Material
from silencio.data.report.png import address
from silencio.settings import FrontEnd

Sample = tuple[Chosen, Excerpt]

STRIP, STRIP_ROWS, STRIP_COLUMNS = 10, 48, 800
"""Species at the head of the page, and the size of their picture."""


def draw(material: Material, front_end: FrontEnd, counted: Callable[[int, int], None]) -> list[Sample]:
    """`counted` is told (samples drawn, samples in all)."""
    chosen = choose(material)
    log_mel = LogMel(front_end)
    size = SMALL if len({one.label for one in chosen}) > MANY else LARGE

    def one_of(one: Chosen) -> Excerpt:
        return excerpt(material.catalog.path_of(one.recording["uri"]), log_mel, size, one.start)

    drawn = []
    # Decoding leaves Python alone, and what comes out of it is small.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for one, seen in zip(chosen, pool.map(one_of, chosen), strict=True):
            drawn.append((one, seen))
            counted(len(drawn), len(chosen))
    return drawn


def strip(drawn: Sequence[Sample]) -> str:
    """A few voices side by side, for the eye alone."""
    first = {one.label or one.recording["id"]: seen for one, seen in reversed(drawn)}
    voices = list(reversed(first.values()))
    if not voices:
        return ""
    taken = [voices[k * len(voices) // STRIP] for k in range(STRIP)] if len(voices) > STRIP else voices
    return f'<img class="strip" alt="" src="{address(np.hstack([_fitted(seen, len(taken)) for seen in taken]))}">'


def _fitted(seen: Excerpt, among: int) -> NDArray[np.floating]:
    """One of so many pictures that share the strip, and a gap behind it."""
    high, wide = seen.picture.shape
    rows = np.arange(STRIP_ROWS) * high // STRIP_ROWS
    columns = np.arange(STRIP_COLUMNS // among) * wide // (STRIP_COLUMNS // among)
    return np.pad(seen.picture[np.ix_(rows, columns)], ((0, 0), (0, 2)), constant_values=np.nan)
