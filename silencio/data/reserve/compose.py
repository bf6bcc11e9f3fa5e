"""The reserve on disk, in the layout of BirdCLEF 2025: see `compose`."""

import csv
import io
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path

from silencio.data.reserve.ogg import encode
from silencio.data.reserve.recordings import Recording, plan_recordings, render_recording
from silencio.data.reserve.soundscapes import Bout, Soundscape, plan_soundscapes, render_soundscape
from silencio.data.reserve.species import Species, inhabitants
from silencio.settings import Reserve

Row = Mapping[str, str | int | float]

FILES_A_PROCESS = 16
"""Fewer are done sooner than a process has started."""


def compose(settings: Reserve, folder: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Write the reserve into `folder`, in the layout of BirdCLEF 2025 plus what only its maker can know:

        train.csv  taxonomy.csv  train_audio/<code>/<id>.ogg  train_soundscapes/<site>_<date>_<time>.ogg
        train_conditions.csv          filename, recorded_at, snr_db: of each recording
        train_soundscapes_labels.csv  filename, start, end, primary_label, snr_db: of each bout in them

    All audio is Ogg Vorbis, 32 kHz, mono. Equal settings give equal bytes, whatever the number of processors.
    A folder that an earlier call did not finish is completed. `progress(done, total)` counts audio files.

    Processes are spawned: a script that calls this needs the usual `if __name__ == "__main__"`.
    """
    recordings, soundscapes = plan_recordings(settings), plan_soundscapes(settings)
    # The long ones first, so that no processor is left alone with one at the end.
    pieces: list[Recording | Soundscape] = [*soundscapes, *recordings]
    processes = min(os.cpu_count() or 1, len(pieces) // FILES_A_PROCESS)
    heard = []
    for done, bouts in enumerate(_write_all(pieces, folder, processes), start=1):
        heard.append(bouts)
        if progress is not None:
            progress(done, len(pieces))
    _write_table(folder / "taxonomy.csv", map(_taxon, inhabitants(settings.seed, settings.species)))
    _write_table(folder / "train.csv", map(_train, recordings))
    _write_table(folder / "train_conditions.csv", map(_conditions, recordings))
    labels = [_label(s, bout) for s, bouts in zip(soundscapes, heard, strict=False) for bout in bouts]
    _write_table(folder / "train_soundscapes_labels.csv", labels)


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
        path = folder / "train_audio" / piece.filename
        if not path.exists():
            _write(path, encode(render_recording(piece)))
        return []
    path = folder / "train_soundscapes" / piece.filename
    samples, bouts = render_soundscape(piece)
    if not path.exists():
        _write(path, encode(samples))
    return bouts


def _end_with_parent() -> None:
    """A killed parent cannot end its pool; without this the pool would wait for ever."""
    parent = parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _taxon(species: Species) -> Row:
    return {
        "primary_label": species.code,
        "inat_taxon_id": species.inat_taxon_id,
        "scientific_name": species.scientific_name,
        "common_name": species.common_name,
        "class_name": species.class_name,
    }


def _train(recording: Recording) -> Row:
    species = recording.species
    return {
        "primary_label": species.code,
        "secondary_labels": str([recording.secondary.code if recording.secondary else ""]),
        "type": str([species.call_type]),
        "filename": recording.filename,
        "collection": "RES",
        "rating": min(5.0, max(1.0, round(recording.snr_db / 3) / 2)),
        "url": f"reserve:{recording.seed}/{recording.identifier}",
        "latitude": recording.latitude,
        "longitude": recording.longitude,
        "scientific_name": species.scientific_name,
        "common_name": species.common_name,
        "author": f"Recordist {recording.recordist + 1:02d}",
        "license": "cc0 1.0",
    }


def _conditions(recording: Recording) -> Row:
    recorded_at = recording.recorded_at.isoformat()
    return {"filename": recording.filename, "recorded_at": recorded_at, "snr_db": recording.snr_db}


def _label(soundscape: Soundscape, bout: Bout) -> Row:
    return {
        "filename": soundscape.filename,
        "start": bout.start,
        "end": bout.end,
        "primary_label": bout.species,
        "snr_db": bout.snr_db,
    }


def _write_table(path: Path, rows: Iterator[Row] | Sequence[Row]) -> None:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _write(path, text.getvalue().encode())


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all. A rerun overwrites what a killed run left under the partial name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f"{path.suffix}.partial")
    unfinished.write_bytes(content)
    unfinished.replace(path)
