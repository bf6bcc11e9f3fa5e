"""`silencio data download`, as a user calls it, interrupts it, kills it and calls it again."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from tests.conftest import ROOT, silencio
from tests.data.museum import Museum, Request, drip, status, wav, whole
from tests.data.test_frogid import export, row


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An experiment on the recordings that `raw/` will hold."""
    (tmp_path / "frogs.yaml").write_text(
        f"name: frogs\ndata:\n  source: frogid\n  path: {tmp_path / 'raw'}\naudio:\n  sample_rate: 32000\n"
    )
    return tmp_path


def started(project: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "silencio", "data", "download", str(project / "frogs.yaml")],
        cwd=ROOT,
        env={**os.environ, "SILENCIO_WORKSPACE": str(project / "workspace")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def again(project: Path) -> subprocess.CompletedProcess[str]:
    return silencio("data", "download", str(project / "frogs.yaml"), workspace=project / "workspace")


def wait_for(there: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not there():
        assert time.monotonic() < until
        time.sleep(0.01)


def has_half_of_one(audio: Path) -> bool:
    try:
        return any(part.stat().st_size > 10_000 for part in audio.glob(".parts/*"))
    except FileNotFoundError:  # it became a recording meanwhile
        return False


def heard(path: Path) -> bytes:
    return soundfile.read(path, dtype="int16")[0].tobytes()


def test_killed_at_any_moment_and_called_again_nothing_is_lost_or_done_twice(
    frogs: Museum, project: Path
) -> None:
    sounds = {str(n): wav(seed=n, seconds=2) for n in range(14)}
    urls = {
        name: frogs.gives(f"/{name}", drip(sound, every=0.02 + 0.005 * int(name)), whole(sound))
        for name, sound in sounds.items()
    }
    urls["gone"] = frogs.gives("/gone", status(404))
    export(project / "raw", [row(name, call_audio=url) for name, url in urls.items()])
    audio = project / "raw/audio"

    run = started(project)
    wait_for(lambda: len(list(audio.glob("*.wav"))) >= 4 and has_half_of_one(audio))
    run.kill()
    run.communicate()
    before = {path.stem: path.stat().st_mtime_ns for path in audio.glob("*.wav")}
    assert 4 <= len(before) < len(sounds)
    assert all(heard(audio / f"{name}.wav") == sounds[name][44:] for name in before)

    done = again(project)

    assert done.returncode == 3, done.stderr
    assert {path.stem for path in audio.glob("*.wav")} == sounds.keys()
    assert all(heard(audio / f"{name}.wav") == sounds[name][44:] for name in sounds)
    assert all((audio / f"{name}.wav").stat().st_mtime_ns == moment for name, moment in before.items())
    assert all(frogs.times(f"/{name}") == 1 for name in before)
    assert any(asked for _, asked in frogs.asked), "what had come of a recording was brought again"
    assert "1 of 15 recordings did not come" in done.stderr
    assert done.stdout.splitlines() == [
        "failed\twhy\tfor example",
        f"1\tthe server answered 404 Not Found\t{urls['gone']}",
    ]
    with (audio / "failed.csv").open(newline="") as stream:
        assert [failure["name"] for failure in csv.DictReader(stream)] == ["gone"]


def test_interrupted_it_stops_soon_and_goes_on_when_called_again(frogs: Museum, project: Path) -> None:
    recording = wav(seconds=2)

    def half(request: Request) -> None:
        """And then nothing more."""
        request.send(200, {"ETag": '"1"', "Content-Length": str(len(recording))}, recording[:5_000])
        request.museum.closed.wait(60)

    export(project / "raw", [row(1, call_audio=frogs.gives("/1", half, whole(recording)))])
    part = project / "raw/audio/.parts/1"

    run = started(project)
    wait_for(lambda: part.exists() and part.stat().st_size == 5_000)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=15)

    assert run.returncode == 130
    assert part.stat().st_size == 5_000

    done = again(project)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["recordings\tfolder", f"1\t{project / 'raw/audio'}"]
    assert frogs.asked == [("/1", None), ("/1", "bytes=5000-")]
    assert heard(project / "raw/audio/1.wav") == recording[44:]


def test_a_source_without_addresses_is_refused(tmp_path: Path) -> None:
    done = silencio("data", "download", "demo", workspace=tmp_path)

    assert done.returncode == 2
    assert "demo takes its recordings from reserve, which names no addresses" in done.stderr
