"""Data sets of a second a recording, the smallest reserve, walked as far as windows, and a museum's server."""

import io
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import polars as pl
import pytest
import soundfile

from silencio.data.ingest.make import ingest
from silencio.data.windows.store import build_windows
from silencio.handover import Handover
from silencio.settings import Data, Experiment, FrontEnd, Reserve
from silencio.workspace import Workspace
from tests.data.museum import Museum, museum

RATE = 16_000
FRONT_END = FrontEnd(sample_rate=RATE, n_fft=512, hop_length=800, n_mels=24, fmax=8_000)
TAXONOMY = {"barant": "Aves", "comfro": "Amphibia", "crick1": "Insecta"}


def sound(
    seconds: float = 1.0, seed: int = 1, gain: float = 0.1, format: str = "OGG", subtype: str | None = None
) -> bytes:
    """Noise. Ogg's bytes differ from call to call, for its streams have random numbers."""
    file = io.BytesIO()
    noise = gain * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    soundfile.write(file, noise.astype(np.float32), RATE, format=format, subtype=subtype)
    return file.getvalue()


def aac() -> bytes:
    """A second of silence in MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, RATE), np.float32), format="fltp", layout="mono")
        frame.sample_rate = RATE
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return file.getvalue()


@dataclass
class Release:
    """A data set in the layout of BirdCLEF 2025, as it grows."""

    root: Path
    clips: list[dict[str, str | None]] = field(default_factory=list)
    calls: list[tuple[str, float, float, str, float]] = field(default_factory=list)

    def clip(
        self, name: str, label: str = "barant", recording: bytes | None = None, **columns: str | None
    ) -> None:
        """`recording=b""` leaves the file out."""
        filename = f"{label}/{name}.ogg"
        recording = sound(seed=len(self.clips)) if recording is None else recording
        if recording:
            self._put(f"train_audio/{filename}", recording)
        row = {"secondary_labels": "['']", "author": f"author of {name}", "rating": "4.5", "license": "cc0"}
        row["collection"] = "XC"
        self.clips.append(
            {"filename": filename, "primary_label": label, "latitude": "6.1", "longitude": None}
            | row
            | columns
        )
        self.write()

    def soundscape(self, name: str, *calls: tuple[float, float, str], seconds: float = 10.0) -> None:
        """`calls`: (start, end, species)"""
        there = len(list(self.root.glob("train_soundscapes/*")))
        self._put(f"train_soundscapes/{name}", sound(seconds, seed=1_000 + there))
        for start, end, label in calls:
            self.calls.append((name, start, end, label, 10.0 + start))
        self.write()

    def write(self) -> None:
        pl.DataFrame(self.clips).write_csv(self.root / "train.csv")
        schema = ["filename", "start", "end", "primary_label", "snr_db"]
        pl.DataFrame(self.calls, schema=schema, orient="row").write_csv(
            self.root / "train_soundscapes_labels.csv"
        )
        rows = [
            {
                "primary_label": code,
                "common_name": code.title(),
                "scientific_name": f"S. {code}",
                "class_name": name,
            }
            for code, name in TAXONOMY.items()
        ]
        pl.DataFrame(rows).write_csv(self.root / "taxonomy.csv")

    def conditions(self, by_filename: Mapping[str, tuple[str, float]]) -> None:
        """filename: (recorded_at, snr_db)"""
        rows = [{"filename": f, "recorded_at": at, "snr_db": snr} for f, (at, snr) in by_filename.items()]
        pl.DataFrame(rows).write_csv(self.root / "train_conditions.csv")

    def _put(self, path: str, content: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)

    @property
    def experiment(self) -> Experiment:
        return Experiment(name="mine", data=Data(source="birdclef2025", path=self.root), audio=FRONT_END)


@pytest.fixture(scope="session")
def first_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Twelve clips of three species by six recordists, and a soundscape of each of two sites."""
    release = Release(tmp_path_factory.mktemp("release"))
    for number, label in enumerate([*TAXONOMY] * 4):
        release.clip(f"XC{number}", label, author=f"Recordist {number // 2}")
    release.soundscape("A01_20240301_050000.ogg", (1.0, 4.0, "barant"), (4.0, 7.0, "crick1"))
    release.soundscape("B02_20240301_210000.ogg", (2.0, 3.0, "comfro"))
    return release


@pytest.fixture
def release(first_release: Release, tmp_path: Path) -> Release:
    """A copy of the first release, to grow or to spoil."""
    root = shutil.copytree(first_release.root, tmp_path / "release")
    return Release(root, [*first_release.clips], [*first_release.calls])


@pytest.fixture(scope="session")
def tiny() -> Experiment:
    """The smallest reserve that has all there is."""
    reserve = Reserve(species=4, recordings_per_species=2, recordists=4, soundscapes=4, sites=2)
    return Experiment(name="mine", data=Data(reserve=reserve), audio=FRONT_END)


@pytest.fixture(scope="session")
def tiny_workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("tiny") / "workspace")


@pytest.fixture(scope="session")
def tiny_catalog(tiny: Experiment, tiny_workspace: Workspace) -> Handover:
    return ingest(tiny, tiny_workspace, feedback=None)


@pytest.fixture(scope="session")
def tiny_windows(tiny_catalog: Handover, tiny_workspace: Workspace) -> Handover:
    return build_windows(tiny_catalog, FRONT_END, tiny_workspace)


@pytest.fixture
def frogs() -> Iterator[Museum]:
    with museum() as server:
        yield server
