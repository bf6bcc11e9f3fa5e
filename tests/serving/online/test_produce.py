"""The producer: minutes of soundscapes at a pace, the same ones again from the same seed."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from silencio.audio import load
from silencio.errors import WrongUse
from silencio.serving.online.produce import SECONDS, Minutes, produce
from silencio.settings import Data, Reserve
from silencio.workspace import Workspace

RATE = 32_000
RESERVE = Data(reserve=Reserve(species=4, recordings_per_species=2, recordists=4, soundscapes=4, sites=2))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("stream") / "workspace")


def write(minutes: Minutes, folder: Path, count: int, every: float = 0.0) -> list[Path]:
    (folder / "in").mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir(exist_ok=True)
    wrote: list[Path] = []
    produce(minutes, folder / "in", folder / "truth", count, every, wrote.append)
    return wrote


def truth(folder: Path, file: Path) -> list[dict[str, str]]:
    with (folder / "truth" / f"{file.stem}.csv").open(newline="") as text:
        return list(csv.DictReader(text))


def test_writes_minutes_at_32_khz_in_ogg(home: Workspace, tmp_path: Path) -> None:
    (file,) = write(Minutes.of(RESERVE, home, seed=1, calls=0), tmp_path, 1)

    assert file.name == "online-1-000001.ogg"
    told = soundfile.info(file)
    assert (told.format, told.samplerate, told.channels, told.frames) == ("OGG", RATE, 1, SECONDS * RATE)
    assert not list((tmp_path / "in").glob(".*"))


@pytest.mark.slow
def test_the_same_seed_makes_the_same_minutes_and_another_others(home: Workspace, tmp_path: Path) -> None:
    one = [f.read_bytes() for f in write(Minutes.of(RESERVE, home, seed=1, calls=1), tmp_path / "one", 2)]
    same = [f.read_bytes() for f in write(Minutes.of(RESERVE, home, seed=1, calls=1), tmp_path / "same", 2)]
    other = [f.read_bytes() for f in write(Minutes.of(RESERVE, home, seed=2, calls=1), tmp_path / "other", 2)]

    assert one == same
    assert len({*one, *other}) == 4


@pytest.mark.slow
def test_started_again_it_goes_on_after_the_last(home: Workspace, tmp_path: Path) -> None:
    minutes = Minutes.of(RESERVE, home, seed=1, calls=0)
    (first,) = write(minutes, tmp_path, 1)
    first.unlink()  # whoever consumed it may have taken it away

    (second,) = write(minutes, tmp_path, 1)

    assert second.name == "online-1-000002.ogg"


def test_calls_that_are_laid_over_are_heard_where_the_truth_says(home: Workspace, tmp_path: Path) -> None:
    with_calls = Minutes.of(RESERVE, home, seed=1, calls=2)
    (file,) = write(with_calls, tmp_path, 1)
    without, _ = Minutes.of(RESERVE, home, seed=1, calls=0).minute(1)

    laid = [call for call in truth(tmp_path, file) if call["laid_over"] == "1"]

    assert len(laid) == 2
    assert {call["species"] for call in laid} <= {code for code, _ in with_calls.clips}
    added = np.abs(load(file, RATE) - without[: SECONDS * RATE])
    for call in laid:
        start, end = (round(float(call[edge]) * RATE) for edge in ("start", "end"))
        assert 0 <= start < end <= SECONDS * RATE
        assert added[start:end].mean() > 0


@pytest.mark.slow
def test_the_truth_names_who_called_in_the_soundscape_already(home: Workspace, tmp_path: Path) -> None:
    minutes = Minutes.of(RESERVE, home, seed=1, calls=0)
    files = write(minutes, tmp_path, 4)

    known = [call for file in files for call in truth(tmp_path, file)]

    assert known
    assert {call["laid_over"] for call in known} == {"0"}
    assert all(0 <= float(call["start"]) < float(call["end"]) <= SECONDS for call in known)


def test_short_soundscapes_are_joined_to_a_minute(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    for number in range(3):
        noise = 0.1 * np.random.default_rng(number).standard_normal(20 * 8_000)
        soundfile.write(tmp_path / "scenes" / f"A0{number}_20190522_0{number}0000.wav", noise, 8_000)
    data = Data(source="soundscapes", path=tmp_path / "scenes")

    samples, calls = Minutes.of(data, Workspace(tmp_path / "workspace"), seed=1, calls=0).minute(1)

    assert len(samples) == SECONDS * RATE
    assert calls == []
    assert all(np.abs(part).max() > 0.01 for part in np.split(samples, 12))


def test_data_without_soundscapes_are_no_stream(tmp_path: Path) -> None:
    (tmp_path / "frog").mkdir()
    soundfile.write(tmp_path / "frog" / "1.wav", np.zeros(8_000), 8_000)
    data = Data(source="folders", path=tmp_path)

    with pytest.raises(WrongUse, match="no soundscapes"):
        Minutes.of(data, Workspace(tmp_path / "workspace"), seed=1, calls=0)


@pytest.mark.slow
def test_keeps_the_pace(home: Workspace, tmp_path: Path) -> None:
    minutes = Minutes.of(RESERVE, home, seed=1, calls=0)
    minutes.minute(1)
    begun = time.monotonic()

    write(minutes, tmp_path, 3, every=0.5)

    assert time.monotonic() - begun >= 1.0
