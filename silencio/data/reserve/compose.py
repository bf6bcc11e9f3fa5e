"""The reserve on disk, in the layout of BirdCLEF 2025: see `compose`."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

from silencio.data.reserve import tables
from silencio.data.reserve.ogg import encode
from silencio.data.reserve.recordings import Recording, plan_recordings, render_recording, score_recording
from silencio.data.reserve.score import Bout, bouts
from silencio.data.reserve.soundscapes import (
    SECONDS,
    Soundscape,
    plan_soundscapes,
    render_soundscape,
    score_soundscape,
)
from silencio.data.reserve.species import inhabitants
from silencio.data.reserve.voice import RATE
from silencio.settings import Reserve

FILES_A_PROCESS = 16
"""Fewer are done sooner than a process has started."""


def compose(settings: Reserve, folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Write the reserve into `folder`, in the layout of BirdCLEF 2025 plus what only its maker can know:

        train.csv  taxonomy.csv  train_audio/<code>/<id>.ogg  train_soundscapes/<site>_<date>_<time>.ogg
        train_conditions.csv              filename, recorded_at, snr_db, overlap, night, colour_db, dialect
        train_soundscapes_conditions.csv  filename, recorded_at, overlap, night, colour_db
        train_soundscapes_labels.csv      filename, start, end, primary_label, snr_db: of each bout in them
        unlabeled_soundscapes/<site>_<date>_<time>.ogg  if the settings ask for some; spelt as BirdCLEF 2024 did

    All audio is Ogg Vorbis, 32 kHz, mono. Equal settings give equal bytes, whatever the number of processors.
    A folder that an earlier call did not finish is completed. `progress(done, total)` counts audio files.

    Processes are spawned: a script that calls this needs the usual `if __name__ == "__main__"`.
    """
    recordings, soundscapes = plan_recordings(settings), plan_soundscapes(settings)
    # The long ones first, so that no processor is left alone with one at the end.
    pieces: list[Recording | Soundscape] = [*soundscapes, *recordings]
    processes = min(os.cpu_count() or 1, len(pieces) // FILES_A_PROCESS)
    heard = []
    for done, calls in enumerate(_write_all(pieces, folder, processes), start=1):
        heard.append(calls)
        if progress is not None:
            progress(done, len(pieces))
    near = list(zip(recordings, heard[len(soundscapes) :], strict=True))
    far = [one for one in zip(soundscapes, heard[: len(soundscapes)], strict=True) if one[0].labelled]
    for name, rows in {
        "taxonomy": map(tables.taxon, inhabitants(settings.seed, settings.species)),
        "train": map(tables.train, recordings),
        "train_conditions": (tables.recording_conditions(*one) for one in near),
        "train_soundscapes_conditions": (tables.soundscape_conditions(*one) for one in far),
        "train_soundscapes_labels": (tables.label(one, call) for one, calls in far for call in calls),
    }.items():
        _write(folder / f"{name}.csv", tables.csv_of(rows))


def record(
    recordings: Sequence[Recording], folder: Path, progress: Callable[[int, int], None] | None = None
) -> list[Path]:
    """The files of recordings that are in no release, by the same rules: below `folder` as in `compose`."""
    processes = min(os.cpu_count() or 1, len(recordings) // FILES_A_PROCESS)
    for done, _ in enumerate(_write_all(recordings, folder, processes), start=1):
        if progress is not None:
            progress(done, len(recordings))
    return [_path(folder, recording) for recording in recordings]


def _path(folder: Path, recording: Recording) -> Path:
    return folder / "train_audio" / recording.filename


def _write_all(
    pieces: Sequence[Recording | Soundscape], folder: Path, processes: int
) -> Iterator[list[Bout]]:
    """The bouts of each piece in order, once its file is there."""
    write = partial(_write_audio, folder)
    if processes < 2:
        yield from map(write, pieces)
        return
    # Not forked: the caller may hold threads, and a fork would copy their locks as they stand.
    with ProcessPoolExecutor(processes, get_context("spawn"), _end_with_parent) as pool:
        yield from pool.map(write, pieces, chunksize=2)


def _write_audio(folder: Path, piece: Recording | Soundscape) -> list[Bout]:
    if isinstance(piece, Recording):
        path, calls = _path(folder, piece), score_recording(piece)
        if not path.exists():
            _write(path, encode(render_recording(piece, calls)))
        return bouts(calls, piece.samples)
    home = "train_soundscapes" if piece.labelled else "unlabeled_soundscapes"
    path, calls = folder / home / piece.filename, score_soundscape(piece)
    if not path.exists():
        _write(path, encode(render_soundscape(piece, calls)))
    return bouts(calls, SECONDS * RATE)


def _end_with_parent() -> None:
    """A killed parent cannot end its pool; without this the pool would wait for ever."""
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all. A rerun overwrites what a killed run left under the partial name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f"{path.suffix}.partial")
    unfinished.write_bytes(content)
    unfinished.replace(path)
