from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.training.augment.company import Company, join
from silencio.training.augment.decibels import mean_power
from tests.training.augment.recorded import KINDS, Recorded, of, small, stored


@pytest.fixture
def recorded() -> Recorded:
    recorded = Recorded(KINDS["none"])
    recorded.add("a", "bird", windows=3)
    recorded.add("b", "frog", windows=2)
    recorded.add("c", "bird")
    recorded.add("d", "bird", windows=2)
    recorded.add("e", None)
    recorded.add("f", "frog", part="test")
    return recorded


def test_company_is_of_the_same_species_and_of_another_recording(recorded: Recorded, tmp_path: Path) -> None:
    lesson = recorded.lesson(tmp_path / "w")
    company, index = Company(lesson.windows, lesson.taught), lesson.windows.index
    generator = torch.Generator().manual_seed(0)

    # The frogs' other recording is only judged on.
    assert company.others(lesson.taught).tolist() == [3, 3, 3, 0, 0, 5, 4, 4, 0]
    for row in np.flatnonzero(company.others(np.arange(len(index)))):
        drawn = company.draw(np.full(60, row), generator)
        others = index[drawn.tolist()]
        assert set(others["labels"].list.first()) == {index["labels"][int(row)][0]}
        assert index["recording"][int(row)] not in set(others["recording"])
        assert len(set(drawn.tolist())) == company.others(np.array([row]))[0], "any of them"


def test_powers_add_and_both_are_as_loud() -> None:
    quiet, loud = torch.full((1, 4, 5), -60.0), torch.full((1, 4, 5), -20.0)

    np.testing.assert_allclose(
        join(quiet, loud), torch.full((1, 4, 5), -60 + 10 * np.log10(2)).float(), atol=1e-4
    )


def test_who_calls_in_either_is_in_both(recorded: Recorded, tmp_path: Path) -> None:
    lesson = recorded.lesson(tmp_path / "w")
    lesson.targets[lesson.taught[5:8], 1] = 0.3  # heard somewhere in the recordings c and d

    pictures, targets = of(lesson, same_species=1.0)

    assert targets[0].tolist() == [1, pytest.approx(0.3), 0]
    alone = [3, 4, 8]
    assert torch.allclose(pictures[alone], stored(lesson)[alone], atol=1e-3)
    assert (mean_power(pictures[:3, 0]) > mean_power(stored(lesson)[:3, 0]) + 2).all()


def test_a_share_of_the_windows_has_company(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["none"])

    changed = torch.stack(
        [
            (of(lesson, seed, same_species=0.25)[0] - stored(lesson)).abs().amax(dim=(1, 2, 3)) > 0.5
            for seed in range(30)
        ]
    )

    assert 0.15 < changed.float().mean() < 0.35
