"""A store of windows as one `.npz` file, for whoever wants to go on with NumPy alone. It holds no pickled objects.

features    float32, [windows, *shape]
labels      int64, [windows]: the class; -1 where nobody labelled the recording
            or uint8, [windows, classes]: 1 where the class calls; where windows may have several labels, or none
secondary   uint8, [windows, classes]: called somewhere in the recording; only beside labels of that second kind
classes     the classes' codes, [classes]
recordings, starts, parts    the recording's id, seconds into it, train, validation, …; [windows]
offset_db, scale_db          float32, [windows]: features * scale_db + offset_db are decibels; not beside coefficients
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from silencio.data.windows.store import Windows

CHUNK = 256
"""Windows in memory at a time."""


def export(windows: Windows, file: Path, progress: Callable[[int, int], None]) -> None:
    """Whole or not at all. `progress` is told (windows written, windows in all)."""
    index = windows.index
    tables = _labels(windows) | {
        "classes": np.array([species.code for species in windows.species], np.str_),
        "recordings": index["recording"].to_numpy().astype(np.str_),
        "starts": index["start"].to_numpy(),
        "parts": index["part"].to_numpy().astype(np.str_),
    }
    if scale := windows.scale:
        tables |= {"offset_db": scale.offset_db, "scale_db": scale.scale_db}
    unfinished = file.with_name(f"{file.name}.partial")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(unfinished, "w") as archive:
        _write(archive, "features", windows.features.shape, np.dtype("<f4"), _features(windows, progress))
        for name, table in tables.items():
            _write(archive, name, table.shape, table.dtype, iter([table]))
    unfinished.replace(file)


def _features(windows: Windows, progress: Callable[[int, int], None]) -> Iterator[NDArray[np.float32]]:
    features = windows.features
    for first in range(0, len(features), CHUNK):
        chunk = features[first : first + CHUNK]
        yield chunk.astype("<f4")
        progress(first + len(chunk), len(features))


def _labels(windows: Windows) -> dict[str, NDArray[Any]]:
    index = windows.index
    labels, nobody = windows.targets(), index["part"] == "unlabelled"
    one_each = (index["labels"].list.len() == 1) | nobody
    if one_each.all() and not (index["secondary"].list.len() > 0).any():
        return {"labels": np.where(nobody.to_numpy(), -1, labels.argmax(axis=1))}
    return {"labels": labels.astype(np.uint8), "secondary": windows.targets("secondary").astype(np.uint8)}


def _write(
    archive: ZipFile, name: str, shape: tuple[int, ...], kind: np.dtype[Any], chunks: Iterator[NDArray[Any]]
) -> None:
    """An array, chunk by chunk. Its date is the same every day, so that equal arrays make equal files."""
    with archive.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        header = {"descr": npy.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        npy.write_array_header_2_0(member, header)
        for chunk in chunks:
            member.write(chunk.tobytes())
