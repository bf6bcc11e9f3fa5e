"""Tensors of a file of weights, by name. Nothing in it is run."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from silencio.errors import WrongUse

INNER = ("model", "state_dict", "model_state_dict")
"""Under which of these keys a checkpoint may keep its network's weights."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Of a safetensors file, or of torch's own as far as it holds nothing but tensors and plain values."""
    content: Any = _safetensors(path) if _is_safetensors(path) else _torch(path)
    for key in INNER:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    tensors = (
        {n: t for n, t in content.items() if isinstance(t, Tensor)} if isinstance(content, Mapping) else {}
    )
    if not tensors:
        raise WrongUse(
            f"{path} holds no tensors by name.",
            f"It should be a state_dict, or a dict with one under {', '.join(INNER)}.",
        )
    return tensors


def _is_safetensors(path: Path) -> bool:
    """Its ninth byte opens the header's JSON; a name may be anything."""
    with path.open("rb") as stream:
        return stream.read(9)[8:] == b"{"


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WrongUse(f"{path} is no whole safetensors file ({error}).", "Bring it again.") from error


def _torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WrongUse(
            f"{path} holds more than tensors, or is no file of weights: what it would run is not run here.",
            "If you know who made it, convert it to safetensors where nothing can be harmed: docs/weights.md says how.",
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WrongUse(f"{path} is no file of weights, or not a whole one.", "Bring it again.") from error
