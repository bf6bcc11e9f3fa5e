"""Let Intel Neural Compressor 2.6 run beside today's onnx.

Its ONNX path is the last one (3.x dropped it), and it reads `onnx.mapping`, which onnx has removed since. The
tables it wants are rebuilt here from onnx's own functions. The two packages that it forgets to declare
(setuptools for pkg_resources, six) are in the `quantize` extra, and so is the override of its numpy<2.
"""

import types
import warnings
from functools import cache

import numpy as np
import onnx


@cache
def make_importable() -> None:
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    if hasattr(onnx, "mapping"):
        return
    to_numpy = {}
    for tensor_type in onnx.TensorProto.DataType.values():
        try:
            to_numpy[tensor_type] = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor_type))
        except KeyError:  # UNDEFINED has none
            continue
    # Several ONNX types share a NumPy type; the first, the plain one, is meant.
    to_onnx: dict[np.dtype, int] = {}
    for tensor_type, dtype in sorted(to_numpy.items()):
        to_onnx.setdefault(dtype, tensor_type)
    mapping = types.SimpleNamespace(TENSOR_TYPE_TO_NP_TYPE=to_numpy, NP_TYPE_TO_TENSOR_TYPE=to_onnx)
    onnx.mapping = mapping
