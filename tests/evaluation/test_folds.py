import json
from math import nan
from pathlib import Path

import numpy as np
import pytest

from silencio.evaluation.crossval import CONFUSION, FOLDS, JSON, write_crossval
from silencio.evaluation.folds import Fold, mean_and_interval


def fold(name: str, accuracy: float, classes: int = 2) -> Fold:
    counts = np.eye(classes, dtype=np.int64)
    return Fold(name, 4, 2, accuracy, 0.5, nan, tuple(f"s{n}" for n in range(classes)), counts)


def test_the_interval_is_students_over_the_folds() -> None:
    figure = mean_and_interval([1, 2, 3, 4, 5])

    # 2.776 is the two-sided 95 % quantile for four degrees of freedom, the deviation of the mean 0.7071.
    assert figure.value == 3
    assert figure.high - figure.value == pytest.approx(2.776 * 0.7071, abs=1e-3)
    assert figure.low == pytest.approx(6 - figure.high)


def test_folds_without_a_figure_are_left_out_and_one_alone_has_no_interval() -> None:
    assert mean_and_interval([0.5, nan, 0.7]).value == pytest.approx(0.6)
    assert mean_and_interval([nan, 0.7]).value == 0.7
    assert not mean_and_interval([nan, 0.7]).has_interval
    assert np.isnan(mean_and_interval([nan]).value)


def test_a_fold_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    written = fold("ana", 0.75)
    (tmp_path / "fold.json").write_text(written.to_json())

    read = Fold.read(tmp_path / "fold.json")

    assert read.to_json() == written.to_json()
    assert np.isnan(read.roc_auc), "JSON knows no NaN: it is null"


def test_a_report_says_every_fold_the_mean_and_who_was_taken_for_whom(tmp_path: Path) -> None:
    facts = write_crossval(tmp_path, "group", [fold("ana", 0.5), fold("ben", 0.7)])

    content = json.loads((tmp_path / JSON).read_text())
    assert facts["accuracy"] == pytest.approx(0.6)
    assert [fold["name"] for fold in facts["folds"]] == ["ana", "ben"]
    assert facts["roc_auc"] is None
    assert facts["roc_auc_interval"] is None
    assert content["confusion"] == [[2, 0], [0, 2]]
    assert content["accuracy_interval"] == facts["accuracy_interval"]


def test_equal_folds_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_crossval(tmp_path / name, "fold", [fold("1", 0.5), fold("2", 0.7)])

    for file in (JSON, FOLDS, CONFUSION):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_confusion_of_more_species_than_fit_is_not_drawn(tmp_path: Path) -> None:
    write_crossval(tmp_path, "fold", [fold("1", 0.5, classes=21)])

    assert not (tmp_path / CONFUSION).exists()
    assert (tmp_path / FOLDS).exists()
