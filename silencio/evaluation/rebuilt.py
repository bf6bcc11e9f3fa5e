"""Data classes from the JSON that `asdict` made of them, by their own types: null is NaN where a number must be."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import nan
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def rebuilt(kind: type[T], values: Mapping[str, Any]) -> T:
    """Fields that are not in `values` keep their defaults."""
    hints = get_type_hints(kind)
    if not is_dataclass(kind):
        raise TypeError(f"{kind} is no data class")
    named = (field.name for field in fields(kind))
    return kind(**{name: _of(hints[name], values[name]) for name in named if name in values})


def _of(hint: Any, value: Any) -> Any:
    origin, of = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return None if value is None else _of(next(one for one in of if one is not type(None)), value)
    if origin is tuple:
        return tuple(_of(of[0], one) for one in value)
    if is_dataclass(hint) and isinstance(hint, type):
        return rebuilt(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is float:
        return nan if value is None else float(value)
    if origin is Literal or hint in (str, int, bool):
        return value
    raise TypeError(f"nothing is known of how {hint} is written")
