"""Nested state on disk: its tensors as safetensors, the rest as JSON beside them, never a pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from silencio.errors import SilencioError

TREE = "tree"
"""The key of the file's metadata that holds all that is no tensor."""


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Mappings, lists and tuples of tensors, numbers, texts and None, at any depth. Replaces `path` in one move."""
    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_written(state, "state", tensors))
    partial = path.with_suffix(".writing")
    save_file(tensors, partial, {TREE: tree})
    partial.replace(path)


def load_state(path: Path) -> dict[str, Any]:
    """As it was saved, to the last bit, on the CPU."""
    with safe_open(path, "pt") as stream:
        tree = (stream.metadata() or {}).get(TREE)
        if tree is None:
            raise SilencioError(
                f"{path} is not the state of a training of this version of silencio.",
                "Delete its folder, and the training begins anew.",
            )
        state: dict[str, Any] = _read(json.loads(tree), stream)
    return state


def _written(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """JSON has no tuples, and no keys but texts; so whatever holds something says what it is."""
    if isinstance(value, Tensor):
        # safetensors stores no strides, and refuses two names for one memory.
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"items": [[key, _written(inner, f"{name}/{key}", tensors)] for key, inner in value.items()]}
    if isinstance(value, list | tuple):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [_written(inner, f"{name}/{i}", tensors) for i, inner in enumerate(value)]}
    return value


def _read(value: Any, stream: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return stream.get_tensor(content)
    if kind == "items":
        return {key: _read(inner, stream) for key, inner in content}
    read = [_read(inner, stream) for inner in content]
    return tuple(read) if kind == "tuple" else read
