"""Two processes that share each batch learn what one learns from all of it, by DDP and by FSDP2."""

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

from silencio.errors import WrongUse
from silencio.models import build
from silencio.settings import Model
from silencio.training.distributed.sharding import BLOCK, blocks
from silencio.training.distributed.team import Alone, equal_part, own_part
from silencio.training.distributed.together import check_workers
from silencio.training.state import load_state
from tests.conftest import ROOT
from tests.training.distributed.pair import LOSSES, learner_of, settings_of, walk

KINDS = ("ddp", "fsdp2")


class One(Alone):
    """Of several, as far as parts go."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes wrote."""
    folder = tmp_path_factory.mktemp("pair")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    call = [sys.executable, "-m", "tests.training.distributed.pair"]
    pair = [subprocess.Popen([*call, rank, port, str(folder)], cwd=ROOT) for rank in "01"]
    try:
        assert [process.wait(180) for process in pair] == [0, 0]
    finally:
        for process in pair:
            process.kill()
    return folder


def weights(learnt: Path, *name: str) -> dict[str, Tensor]:
    return load_file(learnt / f"{'-'.join(name)}.safetensors")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_different_sizes_teach_what_the_whole_batch_teaches(
    learnt: Path, kind: str, loss: str
) -> None:
    alone = walk(learner_of(settings_of(loss))).weights()

    together = weights(learnt, kind, loss, "whole")

    assert together.keys() == alone.keys()
    for name, expected in alone.items():
        assert torch.allclose(together[name], expected, atol=1e-5), name


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_learns_the_same_to_the_last_bit(learnt: Path, kind: str) -> None:
    undisturbed = weights(learnt, kind, "bce", "whole")
    for name, again in weights(learnt, kind, "bce", "again").items():
        assert torch.equal(again, undisturbed[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_is_that_of_one_process_whoever_wrote_it(learnt: Path, kind: str) -> None:
    """So a training can be looked into, and its weights taken, wherever it was."""
    alone = learner_of(settings_of("bce"))
    alone.restore(load_state(learnt / f"{kind}-bce.state")["learner"])

    went_on = walk(alone, slice(2, None)).weights()

    for name, expected in weights(learnt, kind, "bce", "whole").items():
        assert torch.allclose(went_on[name], expected, atol=1e-5), name


def test_a_network_that_hears_frames_learns_the_same_by_ddp_and_by_fsdp2(learnt: Path) -> None:
    whole, parted = (weights(learnt, kind, "frames", "0") for kind in KINDS)
    assert any("running_mean" in name for name in whole)
    for name, expected in whole.items():
        assert torch.allclose(parted[name], expected, atol=1e-4), name


@pytest.mark.parametrize("kind", KINDS)
def test_all_judge_by_the_same_weights_and_averages(learnt: Path, kind: str) -> None:
    first, second = (weights(learnt, kind, "frames", rank) for rank in "01")
    assert all(torch.equal(second[name], expected) for name, expected in first.items())


def test_what_workers_cannot_do_is_refused() -> None:
    with pytest.raises(
        WrongUse, match=r"training\.batch_size is 7, of which 4 workers would see less than two"
    ):
        check_workers(settings_of("bce"), 4)
    with pytest.raises(WrongUse, match=r"training\.precision is float16"):
        check_workers(settings_of("bce", "fsdp2", precision="float16"), 2)


@pytest.mark.parametrize("architecture", ["mobilenetv2", "cnn14", "cnn", "efficientnet_b0"])
def test_blocks_share_no_weight_and_are_called_themselves(architecture: str) -> None:
    model = build(Model(architecture=architecture), (64, 64), 3)

    found = blocks(model)

    assert len(found) > 1
    assert model not in found
    assert not any(isinstance(block, torch.nn.ModuleList) for block in found)
    inner = [
        {id(w) for b in found if b in set(block.modules()) - {block} for w in b.parameters()}
        for block in found
    ]
    for block, elsewhere in zip(found, inner, strict=True):
        own = sum(w.numel() for w in block.parameters() if id(w) not in elsewhere)
        assert own >= BLOCK


@given(st.integers(2, 60), st.integers(1, 5))
def test_every_window_is_in_one_part_and_parts_differ_by_one_at_most(windows: int, size: int) -> None:
    rows = np.arange(windows)
    parts = [own_part(rows, One(rank, size)) for rank in range(size)]
    assert np.concatenate(parts).tolist() == rows.tolist()
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(st.integers(1, 60), st.integers(1, 5))
def test_equal_parts_begin_with_all_windows_in_their_order(windows: int, size: int) -> None:
    rows = np.arange(windows)
    parts = [equal_part(rows, One(rank, size)) for rank in range(size)]
    assert len(set(map(len, parts))) == 1
    assert np.concatenate(parts)[:windows].tolist() == rows.tolist()
