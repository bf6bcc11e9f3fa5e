"""A split that leaks is told, and refused where the settings say so."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from typer.testing import CliRunner

from silencio.cli import app
from silencio.data.catalog import DUPLICATES
from silencio.data.split.leaks import Leak, leaks, refuse_leaks
from silencio.errors import GateRefused
from silencio.settings import Data, Experiment, Split

RATE = 8_000


def dealt(**part_of: str) -> pl.DataFrame:
    return pl.DataFrame(
        [{"id": i, "digest": f"d{i}", "group": f"g{i}", "part": part} for i, part in part_of.items()]
    )


def sounding_alike(*alike: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(alike, schema=DUPLICATES, orient="row")


class TestLeaks:
    def test_a_sound_split_has_none(self) -> None:
        recordings = dealt(a="train", b="train", c="test", u="unlabelled")

        assert leaks(recordings, sounding_alike(("a", "b", 0.9), ("c", "u", 0.8))) == ()

    def test_what_sounds_the_same_in_two_parts_is_one(self) -> None:
        found = leaks(dealt(a="train", b="test"), sounding_alike(("a", "b", 0.876)))

        assert found == (Leak("a sounds like b, 0.88", ("train", "test")),)

    def test_the_same_file_in_two_parts_is_one_however_short_it_is(self) -> None:
        recordings = dealt(a="train", b="test").with_columns(digest=pl.lit("same"))

        found = leaks(recordings, sounding_alike(("a", "b", 1.0)))

        assert found == (Leak("a is the same file as b", ("train", "test")),)

    def test_a_group_in_two_parts_is_one(self) -> None:
        recordings = dealt(a="train", b="test", c="train").with_columns(group=pl.lit("recordist:Ana"))

        assert leaks(recordings, sounding_alike()) == (Leak("recordist:Ana", ("test", "train")),)

    def test_a_leaking_split_is_refused_and_the_pairs_are_named(self) -> None:
        recordings, alike = dealt(a="train", b="test"), sounding_alike(("a", "b", 0.9))

        with pytest.raises(
            GateRefused, match=re.escape("(1 found): a sounds like b, 0.90 (train and test).")
        ):
            refuse_leaks(recordings, alike, Split(near_duplicates="refuse"))

    def test_where_a_report_is_asked_for_it_is_only_told(self, caplog: pytest.LogCaptureFixture) -> None:
        recordings, alike = dealt(a="train", b="test"), sounding_alike(("a", "b", 0.9))

        refuse_leaks(recordings, alike, Split(near_duplicates="report"))

        assert "a sounds like b" in caplog.text

    def test_a_sound_split_passes_in_silence(self, caplog: pytest.LogCaptureFixture) -> None:
        refuse_leaks(dealt(a="train", b="test"), sounding_alike(), Split(near_duplicates="refuse"))

        assert not caplog.text


class TestTheCommand:
    @pytest.fixture
    def folds(self, tmp_path: Path) -> Path:
        """Three folds of two clips a class; a frog of fold 3 is one of fold 1, quieter."""
        root = tmp_path / "folds"
        for number, label in enumerate(("frog", "bird")):
            (root / label).mkdir(parents=True)
            for fold in (1, 2, 3):
                noise = np.random.default_rng(10 * number + fold).standard_normal(3 * RATE)
                soundfile.write(root / label / f"{fold}-a.wav", 0.1 * noise, RATE)
        copied, _ = soundfile.read(root / "frog" / "1-a.wav")
        soundfile.write(root / "frog" / "3-b.wav", 0.5 * copied, RATE)
        return root

    def checked(self, folds: Path, split: Split) -> tuple[str, BaseException | None]:
        data = Data(source="folders", path=folds, pattern=r"(?P<fold>\d)-", split=split)
        experiment = folds.parent / "experiment.yaml"
        experiment.write_text(Experiment(name="folds", data=data).to_yaml())
        arguments = ["data", "check", str(experiment), "-w", str(folds.parent / "workspace")]
        result = CliRunner().invoke(app, arguments)
        return result.output, result.exception

    def test_it_names_what_leaks_and_says_no(self, folds: Path) -> None:
        printed, error = self.checked(folds, Split(method="given"))

        assert isinstance(error, GateRefused)
        assert re.search(
            r"release/frog/1-a.wav sounds like release/frog/3-b.wav, [01]\.\d\d\ttest and train", printed
        )

    def test_where_it_is_joined_nothing_leaks(self, folds: Path) -> None:
        printed, error = self.checked(folds, Split())

        assert error is None
        assert "Nothing leaks" in printed
