"""What a training is computed on."""

import pytest
import torch

from silencio.errors import WrongUse
from silencio.settings import Training
from silencio.training.compute import Compute

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")


def test_a_cpu_computes_in_full_and_needs_no_scaling() -> None:
    compute = Compute.of(Training(device="cpu"))

    assert (compute.device.type, compute.precision) == ("cpu", torch.float32)
    assert not compute.scaler().is_enabled()
    with compute.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


@pytest.mark.parametrize(("precision", "scaled"), [("bfloat16", False), ("float16", True)])
def test_half_the_precision_where_it_is_asked_for(precision: str, scaled: bool) -> None:
    compute = Compute.of(Training.model_validate({"device": "cpu", "precision": precision}))

    with compute.autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == getattr(torch, precision)
    assert compute.scaler().is_enabled() == scaled


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_gpu_that_is_not_there_is_said_to_be_missing() -> None:
    assert Compute.of(Training()).device.type == "cpu"
    with pytest.raises(WrongUse, match=r"training\.device is cuda, and torch finds no CUDA device"):
        Compute.of(Training(device="cuda"))


@gpu
@pytest.mark.slow
def test_a_gpu_is_taken_where_there_is_one_and_looks_at_channels_side_by_side() -> None:
    compute = Compute.of(Training())
    layer = compute.place(torch.nn.Conv2d(3, 4, 3))

    assert compute.device.type == "cuda"
    assert compute.precision in (torch.bfloat16, torch.float16)
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)
