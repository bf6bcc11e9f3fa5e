"""Silence and noise, in which nobody calls."""

from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.audio import Features
from silencio.errors import WrongUse
from silencio.training.augment.silence import nothing
from tests.training.augment.recorded import KINDS, of, small


@pytest.mark.parametrize("kind", ["standard", "unit", "none"])
def test_silence_looks_as_the_front_end_makes_it(kind: str, tmp_path: Path) -> None:
    front_end = KINDS[kind]
    silent = Features(front_end)(np.zeros((1, front_end.window_samples), np.float32))

    pictures, _ = of(small(tmp_path / "w", front_end), seed=2, silence=1.0)

    flat = pictures.std(dim=(1, 2, 3)) < 1e-6
    assert 0 < flat.sum() < len(pictures), "some are silent, some are noise"
    expected = torch.from_numpy(silent)[:, None].expand(int(flat.sum()), -1, -1, -1)
    assert torch.allclose(pictures[flat], expected, atol=1e-5)


def test_nobody_calls_where_there_is_silence(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["standard"])
    pictures, targets = of(lesson, silence=1.0)
    assert not targets.any()
    assert torch.isfinite(pictures).all()
    assert lesson.targets.any(), "what the lesson says of its windows is left as it is"


def test_so_many_windows_are_left_as_they_are(tmp_path: Path) -> None:
    lesson = small(tmp_path / "w", KINDS["standard"])
    _, before = of(lesson)
    _, after = of(lesson, silence=0.5)
    silenced = before.any(dim=1) & ~after.any(dim=1)
    assert 0 < silenced.sum() < before.any(dim=1).sum()


def test_no_two_noises_are_alike() -> None:
    noises = nothing(40, 32, 33, torch.Generator().manual_seed(1))
    loud = noises[noises.std(dim=(1, 2)) > 0]
    profiles = torch.corrcoef(loud.mean(dim=2))
    assert len(loud) >= 20
    assert float(profiles.abs().mean()) < 0.8


@pytest.mark.parametrize("kind", ["mfcc", "aggregated"])
def test_coefficients_have_no_power_to_make_noise_of(kind: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"training\.augment\.silence is 0\.5"):
        of(small(tmp_path / "w", KINDS[kind]), silence=0.5)
