"""`silencio identify`: folders of recordings, each once, however often it is interrupted."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from silencio.audio import Features, windows_of
from silencio.cli import main
from silencio.errors import SilencioError, WrongUse
from silencio.optimize.bundle import Bundle
from silencio.serving.bulk.recordings import recordings
from silencio.serving.bulk.results import Results, journal_of
from silencio.serving.process import free_port, silencio_command, start
from tests.bundles import SPECIES, make_bundle, tone, write_tones


@pytest.fixture(scope="module")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six tones in two folders."""
    folder = tmp_path_factory.mktemp("forest")
    for number, path in enumerate(write_tones(folder / "ridge")):
        if number % 2:
            path.rename(_made(folder / "river") / path.name)
    (folder / "notes.txt").write_text("no recording")
    return folder


@pytest.fixture(scope="module")
def address(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = silencio_command("serve", "--bundle", str(bundle.folder), "--port", str(port))
    process = start(command, tmp_path_factory.mktemp("service") / "log", f"{address}/readyz")
    yield address
    process.stop()


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Identify = Callable[..., Said]


@pytest.fixture
def identify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Identify:
    """The command, in this process."""

    def run(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["silencio", "identify", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capsys.readouterr())

    return run


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_every_window_has_a_row_as_birdclef_wants_it(
    identify: Identify, forest: Path, bundle: Bundle, tmp_path: Path
) -> None:
    said = identify(forest, "--bundle", bundle.folder, "--output", tmp_path / "heard.csv")

    assert (said.code, said.out) == (0, f"{tmp_path / 'heard.csv'}\n"), said.err
    head, *body = rows(tmp_path / "heard.csv")
    assert head == ["row_id", *(s.code for s in SPECIES)]
    assert [row[0] for row in body] == [
        f"{place}/{code}-{seed}_{end}"
        for place, seed in (("ridge", 0), ("river", 1))
        for code in sorted(s.code for s in SPECIES)
        for end in range(1, 2 + seed)
    ]
    features, model = Features(bundle.front_end), bundle.model()
    expected = np.concatenate(
        [model.probabilities(windows_of(r.path, features).features) for r in recordings([forest])]
    )
    assert np.abs(np.array([row[1:] for row in body], float) - expected).max() < 1e-6


def test_a_service_says_the_same(
    identify: Identify, forest: Path, bundle: Bundle, address: str, tmp_path: Path
) -> None:
    here, there = tmp_path / "here.json", tmp_path / "there.json"
    assert identify(forest, "--bundle", bundle.folder, "--format", "json", "--output", here).code == 0
    assert identify(forest, "--server", address, "--format", "json", "--output", there).code == 0
    both = [[json.loads(line) for line in path.read_text().splitlines()] for path in (here, there)]
    assert [line["recording"] for line in both[0]] == [line["recording"] for line in both[1]]
    for mine, its in zip(*both, strict=True):
        for a, b in zip(mine["windows"], its["windows"], strict=True):
            assert (a["start"], a["end"]) == (b["start"], b["end"])
            assert a["probabilities"] == pytest.approx(b["probabilities"], abs=2e-6)


def test_what_cannot_be_read_is_named_and_skipped(
    identify: Identify, forest: Path, bundle: Bundle, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF but no more")
    said = identify(broken, forest, "--bundle", bundle.folder, "--output", tmp_path / "heard.csv")
    assert said.code == 2
    assert f"1 of 7 recordings could not be read, the first of them {broken}" in said.err
    assert len(rows(tmp_path / "heard.csv")) == 1 + 9

    broken.write_bytes(tone("howmon1"))
    again = identify(broken, forest, "--bundle", bundle.folder, "--output", tmp_path / "heard.csv")
    assert again.code == 0
    assert [row[0] for row in rows(tmp_path / "heard.csv")][-1] == "broken_1"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_it_goes_on_where_it_was_interrupted(
    identify: Identify, bundle: Bundle, tmp_path: Path, how: signal.Signals
) -> None:
    folder, output = _made(tmp_path / "many"), tmp_path / "heard.csv"
    for number in range(60):
        (folder / f"{number:03d}.wav").write_bytes(tone("frogli1", 15.0, seed=number))
    command = ["identify", folder, "--bundle", bundle.folder, "--output", output]
    begun = subprocess.Popen(silencio_command(*map(str, command)), stderr=subprocess.DEVNULL)
    while not (output.exists() and output.read_bytes().count(b"\n") > 40) and begun.poll() is None:
        time.sleep(0.001)
    os.kill(begun.pid, how)
    assert begun.wait() == (130 if how is signal.SIGINT else -how)
    before = journal_of(output).read_bytes().count(b"\n")
    assert 1 < before < 61

    assert identify(*command[1:]).code == 0
    found = [row[0] for row in rows(output)[1:]]
    assert found == [f"{number:03d}_{end}" for number in range(60) for end in range(1, 16)]
    assert journal_of(output).read_bytes().count(b"\n") == 61


def test_a_line_that_was_cut_short_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "heard.csv"
    with Results.at(path, "digest", "csv", "row_id\n") as results:
        results.add("a", "a_5\n")
        results.add("b", "b_5\n")
    for file, torn in ((path, b"c_"), (journal_of(path), b'{"name": "c", "by')):
        with file.open("ab") as stream:
            stream.write(torn)
    with Results.at(path, "digest", "csv", "row_id\n") as results:
        assert results.done == {"a", "b"}
        results.add("c", "c_5\n")
    assert path.read_text() == "row_id\na_5\nb_5\nc_5\n"


@pytest.mark.parametrize(("model", "format"), [("other", "csv"), ("digest", "json")])
def test_results_of_another_model_or_form_are_not_mixed(tmp_path: Path, model: str, format: str) -> None:
    path = tmp_path / "heard.csv"
    with Results.at(path, "digest", "csv", "row_id\n"):
        pass
    with pytest.raises(WrongUse, match="holds csv of model digest"), Results.at(path, model, format, ""):
        pass


def test_a_file_that_somebody_else_wrote_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "thesis.csv"
    path.write_text("years of work\n")
    with pytest.raises(WrongUse, match="is there already"), Results.at(path, "digest", "csv", ""):
        pass
    assert path.read_text() == "years of work\n"


def test_names_are_the_paths_below_the_folder_and_never_the_same(tmp_path: Path) -> None:
    for name in ("a/x.wav", "a/x.OGG", "a/y.flac", "b/x.wav"):
        (_made((tmp_path / name).parent) / Path(name).name).write_bytes(b"")
    assert [r.name for r in recordings([tmp_path])] == ["a/x.OGG", "a/x.wav", "a/y", "b/x"]
    assert [r.name for r in recordings([tmp_path / "a/y.flac"])] == ["y"]
    with pytest.raises(WrongUse, match=r"would be called x\.wav"):
        recordings([tmp_path / "a", tmp_path / "b"])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["nowhere"], "neither a recording nor a folder"),
        (["."], "no recording in"),
        (["a.wav"], "Name either --bundle or --stage"),
        (["a.wav", "--bundle", "b", "--server", "http://127.0.0.1:1"], "--server has a model of its own"),
        (["a.wav", "--bundle", "nowhere"], "no bundle at nowhere"),
    ],
)
def test_a_slip_is_named(
    identify: Identify, words: Sequence[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if words[0] == "a.wav":
        (tmp_path / "a.wav").write_bytes(tone("howmon1"))
    said = identify(*words)
    assert said.code == 2
    assert problem in said.err


def test_a_service_that_is_not_there_is_said(identify: Identify, forest: Path, tmp_path: Path) -> None:
    said = identify(forest, "--server", f"http://127.0.0.1:{free_port()}", "--output", tmp_path / "heard.csv")
    assert said.code == SilencioError.exit_code
    assert "does not answer as a service does" in said.err


def test_another_model_on_the_way_is_not_mixed_in(
    identify: Identify, forest: Path, address: str, tmp_path: Path
) -> None:
    output = tmp_path / "heard.csv"
    other = make_bundle(tmp_path / "other", tones={s.code: 500.0 * (n + 1) for n, s in enumerate(SPECIES)})
    assert identify(forest / "ridge", "--bundle", other.folder, "--output", output).code == 0
    assert "Name another file" in identify(forest / "ridge", "--server", address, "--output", output).err


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
