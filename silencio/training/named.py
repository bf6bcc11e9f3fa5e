"""What the experiment file calls by torch's own names: found, its options held against its signature, made."""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from silencio.errors import WrongUse

Made = TypeVar("Made")


def choose(key: str, name: str, known: Mapping[str, Made]) -> Made:
    """`key` is the experiment file's, such as training.optimizer."""
    if name not in known:
        raise WrongUse(f"{key} is {name}, which there is not.", _nearest(name, known))
    return known[name]


def make(
    key: str,
    maker: Callable[..., Made],
    given: tuple[Any, ...],
    known: Mapping[str, Any],
    options: Mapping[str, Any],
    set_elsewhere: Mapping[str, str],
) -> Made:
    """`maker(*given, **known | options)`, where of `known` only what it takes is passed.

    `key` is where the options stand; `set_elsewhere` says of parameters that are no options what sets them.
    """
    taken = list(inspect.signature(maker).parameters)[len(given) :]
    name = getattr(maker, "__name__", key)
    for option in options:
        if option in set_elsewhere:
            raise WrongUse(f"{key}.{option} is not set there.", f"It follows from {set_elsewhere[option]}.")
        if option not in taken:
            free = [parameter for parameter in taken if parameter not in set_elsewhere]
            raise WrongUse(f"{key}.{option} is nothing that {name} takes.", _nearest(option, free))
    arguments = {k: v for k, v in known.items() if k in taken} | dict(options)
    try:
        return maker(*given, **arguments)
    except (TypeError, ValueError, KeyError) as error:
        said = ", ".join(f"{option}: {value!r}" for option, value in options.items()) or "none"
        raise WrongUse(
            f"{name} cannot be made with the {key} that are set ({said}): {error}.",
            "Mend them there; in YAML 1e-8 is a text, and 1.0e-8 is the number.",
        ) from error


def _nearest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = {n.lower(): n for n in names}
    found = difflib.get_close_matches(name.lower(), near, n=1)
    return f"Did you mean {near[found[0]]}?" if found else f"There are {', '.join(names)}."
