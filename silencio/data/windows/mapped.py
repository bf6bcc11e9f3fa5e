"""Many files of windows, read as one array."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPEN = 256
"""Files mapped at a time: each keeps a descriptor, of which a process has 1,024 unless somebody asked for more."""


class Mapped:
    """float16, [windows, *shape]. Nothing is read before it is asked for: `mapped[rows]` gives a copy of the rows."""

    def __init__(
        self,
        files: Sequence[Path],
        shape: tuple[int, ...],
        file_of: NDArray[np.integer[Any]],
        row_of: NDArray[np.integer[Any]],
    ) -> None:
        """Each file holds [its windows, *shape]; `file_of` and `row_of` say where each window lies, [windows]."""
        self.shape = (len(row_of), *shape)
        self._files, self._file_of, self._row_of = files, file_of, row_of
        self._rows = np.arange(len(row_of))
        self._open = lru_cache(OPEN)(self._map)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | slice | NDArray[Any]) -> NDArray[np.float16]:
        """What numpy's own rules pick: [*shape] for a number, [rows, *shape] for a slice, numbers or a mask."""
        chosen = self._rows[rows]
        flat = np.ravel(chosen)
        windows = np.empty((len(flat), *self.shape[1:]), np.float16)
        files, places = self._file_of[flat], self._row_of[flat]
        # Windows that follow each other in a file are read in one go.
        breaks = np.flatnonzero((np.diff(files) != 0) | (np.diff(places) != 1)) + 1
        for first, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(flat)], strict=True):
            if first < end:
                place = places[first]
                windows[first:end] = self._open(int(files[first]))[place : place + end - first]
        return windows.reshape(*np.shape(chosen), *self.shape[1:])

    def _map(self, file: int) -> NDArray[np.float16]:
        mapped = np.memmap(self._files[file], np.float16, "r")
        return mapped.reshape(-1, *self.shape[1:])
