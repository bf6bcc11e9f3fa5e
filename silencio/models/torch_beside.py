"""Let timm and torchaudio import beside a CPU build of torch.

PyPI's torchvision and torchaudio are built for CUDA. Beside a CPU torch their compiled parts do not load, and
then the Python parts refuse to import too, for want of two operators' names and of an extension module. Only
Python parts are used here, so the names are enough. Where the builds match, nothing is touched.
"""

import importlib.util
import sys
import types
from functools import cache

import torch


@cache
def make_importable() -> None:
    if torch.version.cuda is not None or torch.version.hip is not None:
        return
    _name_torchvision_operators()
    _stand_in_for_torchaudio_extension()


def _name_torchvision_operators() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    try:
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        return  # torchvision's own, from a matching build, is there already
    # A fragment's definitions live as long as the object.
    globals()["_operators"] = library


def _stand_in_for_torchaudio_extension() -> None:
    if importlib.util.find_spec("torchaudio") is None or "torchaudio" in sys.modules:
        return
    extension = types.ModuleType("torchaudio._extension")
    extension.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=lambda function: function,
    )
    sys.modules["torchaudio._extension"] = extension
