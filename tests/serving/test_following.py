"""A new version beside the old one: opened, seen to answer, swapped; or refused, and the old one goes on."""

import gc
import logging
import shutil
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from silencio.errors import SilencioError, WrongUse
from silencio.handover import Kind, seal
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.runs_on import RunsOn
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.following import Following
from silencio.serving.engine.opening import open_served
from silencio.serving.engine.sources import Look, first_of, in_folder
from silencio.settings import Serving
from tests.bundles import TONES, make_bundle
from tests.serving.gates import PATIENCE, Audience

SWAPPED = dict(zip(TONES, reversed(TONES.values()), strict=True))


@pytest.fixture
def other(tmp_path: Path) -> Bundle:
    return make_bundle(tmp_path / "other", tones=SWAPPED)


class Followed:
    """An engine that follows a link, and an audience."""

    def __init__(self, link: Path, look: Look | None = None) -> None:
        self.link, self.audience = link, Audience()
        looking = look or in_folder(link)
        now = first_of(looking, str(link))
        self.engine = Engine(open_served(Bundle.open(now.folder), 1), Serving(), self.audience)
        self.following = Following(self.engine, looking, now, 0.01, 1, self.audience)

    @property
    def digest(self) -> str:
        return self.engine.served.bundle.digest

    def point_to(self, folder: Path) -> None:
        new = self.link.with_name("new")
        new.symlink_to(folder)
        new.replace(self.link)
        self.following.look()


@pytest.fixture
def followed(bundle: Bundle, tmp_path: Path) -> Followed:
    link = tmp_path / "current"
    link.symlink_to(bundle.folder)
    return Followed(link)


def test_a_link_that_names_another_bundle_swaps_the_model(
    followed: Followed, bundle: Bundle, other: Bundle
) -> None:
    followed.point_to(other.folder)
    assert followed.digest == other.digest
    followed.point_to(bundle.folder)
    assert followed.digest == bundle.digest
    assert followed.audience.served == [bundle.digest, other.digest, bundle.digest]


def test_a_folder_whose_files_are_exchanged_is_read_again(
    tmp_path: Path, bundle: Bundle, other: Bundle
) -> None:
    place = tmp_path / "place"
    shutil.copytree(bundle.folder, place)
    followed = Followed(place)
    place.rename(tmp_path / "before")
    shutil.copytree(other.folder, place)
    followed.following.look()
    assert followed.digest == other.digest


def test_nothing_is_opened_again_while_nothing_changes(
    followed: Followed, bundle: Bundle, tmp_path: Path
) -> None:
    for _ in range(3):
        followed.following.look()
    shutil.copytree(bundle.folder, tmp_path / "copy")
    followed.point_to(tmp_path / "copy")
    assert followed.audience.served == [bundle.digest]


def tampered(folder: Path) -> None:
    (folder / "thresholds.json").write_text("{}")


def cut_short(folder: Path) -> None:
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes()[:100])
    seal(folder, Kind.BUNDLE)


def on_an_unknown_engine(folder: Path) -> None:
    RunsOn("abacus").write(folder / "engine.json")
    seal(folder, Kind.BUNDLE)


def with_a_front_end_that_cannot_be(folder: Path) -> None:
    path = folder / "frontend.json"
    path.write_text(path.read_text().replace('"n_mels": 32', '"n_mels": 48'))
    seal(folder, Kind.BUNDLE)


def without_numbers(folder: Path) -> None:
    model = onnx.load(folder / "model.onnx")
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == "bias")
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(3, np.nan, np.float32), "bias"))
    onnx.save(model, folder / "model.onnx")
    seal(folder, Kind.BUNDLE)


def without_a_species(folder: Path) -> None:
    labels = folder / "labels.csv"
    labels.write_text("\n".join(labels.read_text().splitlines()[:-1]) + "\n")
    seal(folder, Kind.BUNDLE)


def without_anything(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize(
    "broken",
    [
        tampered,
        cut_short,
        on_an_unknown_engine,
        with_a_front_end_that_cannot_be,
        without_numbers,
        without_a_species,
        without_anything,
    ],
)
def test_a_broken_version_is_refused_once_and_the_old_one_goes_on(
    followed: Followed,
    bundle: Bundle,
    other: Bundle,
    broken: Callable[[Path], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = tmp_path / "good"
    shutil.copytree(other.folder, good)
    broken(other.folder)

    with caplog.at_level(logging.ERROR):
        followed.point_to(other.folder)
        followed.following.look()

    assert followed.digest == bundle.digest
    assert len(followed.audience.refusals) == len(caplog.records) == 1
    assert "is refused" in caplog.text

    followed.point_to(good)
    assert followed.audience.served == [bundle.digest, Bundle.open(good).digest], (
        "it looks on for the next one"
    )


def test_the_version_before_is_let_go(followed: Followed, other: Bundle) -> None:
    before = weakref.ref(followed.engine.served)
    followed.point_to(other.folder)
    gc.collect()
    assert before() is None


def test_a_place_that_is_gone_or_does_not_answer_is_said_once(
    followed: Followed, bundle: Bundle, other: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    followed.link.unlink()
    for _ in range(3):
        followed.following.look()
    assert (followed.digest, len(caplog.records)) == (bundle.digest, 1)

    followed.point_to(other.folder)
    assert followed.digest == other.digest

    def away() -> None:
        raise ConnectionError("the registry does not answer")

    lost = Followed(followed.link)
    lost.following = Following(lost.engine, away, first_of(in_folder(lost.link), ""), 1.0, 1, lost.audience)
    for _ in range(3):
        lost.following.look()
    assert caplog.text.count("the registry does not answer") == 1
    assert lost.digest == other.digest
    assert not lost.audience.refusals


def test_it_looks_by_itself_as_long_as_it_is_entered(followed: Followed, other: Bundle) -> None:
    new = followed.link.with_name("new")
    new.symlink_to(other.folder)
    with followed.following:
        new.replace(followed.link)
        until = time.monotonic() + PATIENCE
        while followed.digest != other.digest and time.monotonic() < until:
            time.sleep(0.01)
    assert followed.digest == other.digest


def test_without_any_bundle_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="There is no bundle at"):
        first_of(in_folder(tmp_path / "nowhere"), "nowhere")


def test_what_cannot_be_served_does_not_start_either(other: Bundle) -> None:
    without_numbers(other.folder)
    with pytest.raises(SilencioError, match="gives no numbers for silence"):
        open_served(Bundle.open(other.folder), 1)
