"""The tables of the reserve, row by row: BirdCLEF's own, and those that only the reserve's maker can write."""

import csv
import io
from collections.abc import Iterable, Mapping

from silencio.data.reserve.hours import is_night
from silencio.data.reserve.recordings import Recording
from silencio.data.reserve.score import Bout, overlap
from silencio.data.reserve.soundscapes import Soundscape
from silencio.data.reserve.species import Species

Row = Mapping[str, str | int | float]


def taxon(species: Species) -> Row:
    return {
        "primary_label": species.code,
        "inat_taxon_id": species.inat_taxon_id,
        "scientific_name": species.scientific_name,
        "common_name": species.common_name,
        "class_name": species.class_name,
    }


def train(recording: Recording) -> Row:
    species = recording.species
    return {
        "primary_label": species.code,
        "secondary_labels": str([recording.secondary.code if recording.secondary else ""]),
        "type": str([species.call_type]),
        "filename": recording.filename,
        "collection": "RES",
        "rating": min(5.0, max(1.0, round(recording.snr_db / 3) / 2)),
        "url": f"reserve:{recording.reserve.seed}/{recording.identifier}",
        "latitude": recording.latitude,
        "longitude": recording.longitude,
        "scientific_name": species.scientific_name,
        "common_name": species.common_name,
        "author": f"Recordist {recording.recordist + 1:02d}",
        "license": "cc0 1.0",
    }


def recording_conditions(recording: Recording, bouts: list[Bout]) -> Row:
    drifted = recording.species.dialect.semitones(recording.reserve.drift, recording.recorded_at)
    return {
        "filename": recording.filename,
        "recorded_at": recording.recorded_at.isoformat(),
        "snr_db": recording.snr_db,
        "overlap": overlap(bouts, recording.species.code),
        "night": _truth(is_night(recording.recorded_at)),
        "colour_db": recording.microphone.colour_db,
        "dialect": drifted,
    }


def soundscape_conditions(soundscape: Soundscape, bouts: list[Bout]) -> Row:
    """Neither SNR nor dialect: each of its calls has its own."""
    return {
        "filename": soundscape.filename,
        "recorded_at": soundscape.recorded_at.isoformat(),
        "overlap": overlap(bouts),
        "night": _truth(is_night(soundscape.recorded_at)),
        "colour_db": soundscape.microphone.colour_db,
    }


def label(soundscape: Soundscape, bout: Bout) -> Row:
    return {
        "filename": soundscape.filename,
        "start": bout.start,
        "end": bout.end,
        "primary_label": bout.species,
        "snr_db": bout.snr_db,
    }


def csv_of(rows: Iterable[Row]) -> bytes:
    rows = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _truth(value: bool) -> str:
    return str(value).lower()
