"""The files of the variants, each made once: killed and asked again, those that are there stay as they are."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silencio.optimize.makers.by_inc import inc_dynamic, inc_static, inc_static_qdq, inc_tuned
from silencio.optimize.makers.by_onnxruntime import ort_static
from silencio.optimize.makers.by_torch import torchscript
from silencio.optimize.makers.material import Maker, Material
from silencio.optimize.recipes import EXPORTED, RECIPES
from silencio.progress import Progress, Tell
from silencio.settings.judging import Engine

log = logging.getLogger(__name__)

MAKERS: Mapping[str, Maker] = {
    "inc_static.onnx": inc_static,
    "inc_static_qdq.onnx": inc_static_qdq,
    "inc_tuned.onnx": inc_tuned,
    "inc_dynamic.onnx": inc_dynamic,
    "ort_static.onnx": ort_static,
    "torchscript.pt": torchscript,
}


def make_all(
    names: Sequence[Engine],
    material: Material,
    folder: Path,
    tell: Tell,
    makers: Mapping[str, Maker] = MAKERS,
) -> tuple[dict[Engine, Path], dict[Engine, str]]:
    """The file of each variant, and why there is none of the others."""
    made: dict[Engine, Path] = {}
    left_out = {name: why for name in names if (why := RECIPES[name].lacks())}
    for number, name in enumerate(names):
        tell(Progress(number, len(names), f"variants made, now {name}"))
        file = RECIPES[name].file
        if name in left_out:
            continue
        if file == EXPORTED:
            made[name] = material.exported
        elif why := _make(makers[file], material, folder / file):
            left_out[name] = why
        else:
            made[name] = folder / file
    return made, left_out


def that_run(
    made: Mapping[Engine, Path], windows: NDArray[np.float32]
) -> tuple[dict[Engine, Path], dict[Engine, str]]:
    """Those that answer at all, and what stops the others. windows: [windows, *shape]"""
    runs: dict[Engine, Path] = {}
    broken: dict[Engine, str] = {}
    for name, path in made.items():
        try:
            RECIPES[name].open(path, 1).logits(windows)
            runs[name] = path
        except Exception as error:
            # As above: engines raise what they like.
            log.warning("%s does not run", name, exc_info=True)
            broken[name] = f"It does not run here: {_in_short(error)}"
    return runs, broken


def _make(maker: Maker, material: Material, path: Path) -> str:
    """Why it could not be made; empty if it is there."""
    if path.exists():
        return ""
    partial = path.with_name(f"partial-{path.name}")
    try:
        maker(material, partial)
    except Exception as error:
        # Whatever a library stumbles over, the other variants are still to be tried; the table says that this is not.
        log.warning("%s could not be made", path.name, exc_info=True)
        return f"It could not be made: {_in_short(error)}"
    partial.rename(path)
    return ""


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
