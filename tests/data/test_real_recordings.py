"""Real recordings, where they are at hand: all of them are taken in, and of spoiled copies exactly the spoiled."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from silencio.data.catalog import Catalog
from silencio.data.ingest.make import ingest
from silencio.settings import Data, Experiment
from silencio.workspace import Workspace
from tests.real import REAL

ESC10 = r"(?P<fold>\d)-(?P<source>\d+)-"

pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason=f"there are no real recordings at {REAL}: name them as SILENCIO_REAL_DATA"
)


def catalog_of(root: Path, source: str, workspace: Workspace, **more: object) -> Catalog:
    data = Data.model_validate({"source": source, "path": root, **more})
    return Catalog.open(ingest(Experiment(name="real", data=data), workspace, None))


def test_esc_10_is_taken_in_whole_with_its_folds_and_sources(workspace: Workspace) -> None:
    catalog = catalog_of(REAL / "esc10", "folders", workspace, pattern=ESC10)

    recordings = catalog.recordings
    assert catalog.quarantine.is_empty()
    assert len(recordings) == 400
    assert recordings.group_by("primary_label").len()["len"].to_list() == [40] * 10
    assert recordings.group_by("fold").len()["len"].to_list() == [80] * 5
    assert recordings["source"].null_count() == 0


def test_soundscapes_are_taken_in_whole_each_with_its_time(workspace: Workspace) -> None:
    catalog = catalog_of(REAL / "soundscapes", "soundscapes", workspace)

    recordings = catalog.recordings
    assert catalog.quarantine.is_empty()
    assert len(recordings) == 96
    assert recordings["part"].unique().to_list() == ["unlabelled"]
    assert recordings["recordist"].unique().to_list() == ["S4A03895"]
    assert recordings["recorded_at"].n_unique() == 96


def test_of_fsdd_two_speakers_are_taken_in_whole(tmp_path: Path, workspace: Workspace) -> None:
    some = tmp_path / "fsdd"
    some.mkdir()
    for path in [*(REAL / "fsdd").glob("*_george_1?.wav"), *(REAL / "fsdd").glob("*_theo_1?.wav")]:
        (some / path.name).symlink_to(path)

    catalog = catalog_of(some, "digits", workspace)

    assert catalog.quarantine.is_empty()
    assert catalog.recordings.group_by("primary_label").len()["len"].to_list() == [20] * 10
    assert set(catalog.recordings["recordist"]) == {"george", "theo"}


@pytest.mark.slow
def test_fsdd_is_taken_in_whole(workspace: Workspace) -> None:
    catalog = catalog_of(REAL / "fsdd", "digits", workspace)

    assert catalog.quarantine.is_empty()
    assert len(catalog.recordings) == 3_000
    assert catalog.recordings["recordist"].n_unique() == 6


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def _zero_the_header(path: Path) -> None:
    path.write_bytes(bytes(64) + path.read_bytes()[64:])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("dear diary\n" * 1_000)


def _not_a_number(path: Path) -> None:
    soundfile.write(path, [float("nan")] * 8_000, 8_000, format="WAV", subtype="FLOAT")


def _no_length(path: Path) -> None:
    soundfile.write(path, [], 8_000, format="WAV")


def _another_kind(path: Path) -> None:
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples, rate, format="FLAC")


def _vanish(path: Path) -> None:
    """A link to nowhere."""
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


SPOILS: tuple[Callable[[Path], None], ...] = (
    *(_truncate, _zero_the_header, _empty, _text, _not_a_number, _no_length, _another_kind, _vanish),
)


@pytest.mark.parametrize(
    ("name", "source", "files"),
    [
        ("esc10", "folders", "*/1-*.ogg"),
        ("fsdd", "digits", "*_nicolas_2?.wav"),
        ("soundscapes", "soundscapes", "*.wav"),
    ],
)
def test_of_a_spoiled_copy_exactly_what_was_spoiled_is_put_aside(
    name: str, source: str, files: str, tmp_path: Path, workspace: Workspace
) -> None:
    copies = []
    for path in sorted((REAL / name).glob(files)):
        copy = tmp_path / name / path.relative_to(REAL / name)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copies.append(Path(shutil.copyfile(path, copy)))
    spoiled = random.Random(1).sample(copies, len(SPOILS))
    for path, spoil in zip(spoiled, SPOILS, strict=True):
        spoil(path)

    catalog = catalog_of(tmp_path / name, source, workspace)

    uris = {f"release/{path.relative_to(tmp_path / name).as_posix()}" for path in spoiled}
    assert set(catalog.quarantine["uri"]) == uris
    assert len(catalog.recordings) == len(copies) - len(spoiled)


def test_two_copies_at_different_places_give_one_digest(tmp_path: Path) -> None:
    digests = []
    for place in ("here", "there"):
        root = tmp_path / place / "soundscapes"
        root.mkdir(parents=True)
        for path in sorted((REAL / "soundscapes").glob("*_0?0000.wav")):
            shutil.copyfile(path, root / path.name)
        data = Data(source="soundscapes", path=root)
        made = ingest(Experiment(name="real", data=data), Workspace(tmp_path / place / "workspace"), None)
        digests.append(made.digest)

    assert digests[0] == digests[1]
