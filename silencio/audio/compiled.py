"""Machine code that is compiled once, and kept on disk for the processes to come."""

import inspect
import logging
from collections.abc import Callable
from typing import Any

import numba
from numba.core.registry import cpu_target

from silencio.identity import digest_of

log = logging.getLogger(__name__)

# Contraction lets a product be summed as it is made. Nothing else of fast mathematics is asked for: what is not
# a number must stay one that is not.
OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "nogil": True}

Loop = Callable[..., None]


def compiled(function: Loop, signature: str) -> Loop:
    """`function` as machine code for arguments of just this signature.

    It is kept beside the source, else in the user's cache, else in NUMBA_CACHE_DIR; where none of them can be
    written, each process compiles it again.
    """
    # Numba writes that it has an entry before it writes the entry. A process that is killed in between would
    # leave the code of older source under the new source's name, and one that reads then would run it: so each
    # source has a name of its own on each kind of processor, and there is nothing older under it.
    function.__qualname__ = f"{function.__name__}_{_digest(function)[:16]}"
    try:
        return _compile(function, signature, keep=True)
    # A damaged entry fails in whatever way its bytes say; what is wrong in the source fails again below.
    except Exception as error:
        log.warning("Compiled code cannot be kept (%s): NUMBA_CACHE_DIR may name a folder for it.", error)
        return _compile(function, signature, keep=False)


def _compile(function: Loop, signature: str, keep: bool) -> Loop:
    loop: Loop = numba.njit(signature, cache=keep, **OPTIONS)(function)
    return loop


def _digest(function: Loop) -> str:
    source = inspect.getsource(inspect.getmodule(function) or function)
    processor = cpu_target.target_context.codegen().magic_tuple()
    return digest_of([source, numba.__version__, processor])
