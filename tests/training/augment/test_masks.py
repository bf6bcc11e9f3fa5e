from pathlib import Path

import pytest
import torch

from silencio.training.augment.masks import BANDS, TIME, mask
from tests.training.augment.recorded import KINDS, of, small, stored


@pytest.mark.parametrize("side", [TIME, BANDS])
def test_a_mask_blanks_one_stretch_of_no_more_than_its_share(side: int) -> None:
    masked = mask(torch.ones(50, 40, 40), 0.25, side, torch.Generator().manual_seed(3))

    blank = (masked == 0).all(dim=3 - side)
    assert 0 < blank.sum(dim=-1).max() <= 10
    begins = (blank[:, 1:] & ~blank[:, :-1]).sum(dim=-1) + blank[:, 0]
    assert begins.max() == 1


@pytest.mark.parametrize("kind", ["unit", "fixed", "none"])
def test_a_mask_leaves_a_windows_own_average(kind: str, tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS[kind])

    pictures, _ = of(lesson, time_mask=0.5)

    changed = pictures != stored(lesson)
    average = stored(lesson).mean(dim=(1, 2, 3), keepdim=True).expand_as(pictures)
    assert changed.any()
    assert torch.allclose(pictures[changed], average[changed])


def test_a_mask_of_coefficients_leaves_each_ones_own_average(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["mfcc"].model_copy(update={"normalize": "none"}))

    pictures, _ = of(lesson, time_mask=0.5)

    changed = pictures != stored(lesson)
    average = stored(lesson).mean(dim=3, keepdim=True).expand_as(pictures)
    assert changed.any()
    assert torch.allclose(pictures[changed], average[changed])
