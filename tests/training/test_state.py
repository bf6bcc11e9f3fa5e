"""Nested state on disk."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from silencio.errors import SilencioError
from silencio.training.state import load_state, save_state

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers() | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), TREES, max_size=4))
def test_all_that_is_no_tensor_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, state: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "tree.safetensors"
    save_state(path, state)
    assert repr(load_state(path)) == repr(state), "equal, and a tuple is no list, and 1 is not 1.0"


def test_tensors_come_back_to_the_last_bit(tmp_path: Path) -> None:
    turned = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    state = {"a": {0: [torch.tensor(3), turned]}, "same": turned, "half": torch.randn(3).bfloat16()}
    save_state(tmp_path / "state.safetensors", state)

    loaded = load_state(tmp_path / "state.safetensors")

    assert torch.equal(loaded["a"][0][0], torch.tensor(3))
    assert torch.equal(loaded["a"][0][1], turned)
    assert torch.equal(loaded["same"], turned)
    assert torch.equal(loaded["half"], state["half"])


def test_infinity_is_a_number_that_schedules_begin_with(tmp_path: Path) -> None:
    save_state(tmp_path / "state.safetensors", {"best": math.inf})
    assert load_state(tmp_path / "state.safetensors") == {"best": math.inf}


def test_a_save_that_was_cut_short_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_state(path, {"epoch": 1})
    with pytest.raises(TypeError):
        save_state(path, {"epoch": object()})
    path.with_suffix(".writing").write_bytes(b"half of it")

    assert load_state(path) == {"epoch": 1}


def test_another_file_is_refused(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(SilencioError, match=r"weights\.safetensors is not the state of a training"):
        load_state(tmp_path / "weights.safetensors")
