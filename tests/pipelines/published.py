"""Kubeflow's API as published: read from kfp-server-api, the package that is generated from its OpenAPI document."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema
import kfp_server_api
from kfp_server_api import api, models

PLAIN: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"},
    "object": {},
}
CALL = re.compile(r"call_api\(\s*'(/apis/v2beta1/[^']*)', '([A-Z]+)'.*?response_type='(\w+)'", re.DOTALL)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    query: frozenset[str]
    body: str
    """The type of what is sent; empty if that is no JSON."""
    answer: str

    @property
    def pattern(self) -> str:
        return re.sub(r"\\\{[^}]*\\\}", "([^/:]+)", re.escape(self.path))


@cache
def operations() -> list[Operation]:
    return [
        operation
        for name in dir(api)
        if name.endswith("_api")
        for operation in _operations(inspect.getsource(getattr(api, name)))
    ]


def _operations(source: str) -> Iterator[Operation]:
    for function in source.split("    def ")[1:]:
        if not (call := CALL.search(function)):
            continue
        sent = re.search(r"body_params = local_var_params\['(\w+)'\]", function)
        kind = re.search(rf":type {sent[1]}: (\w+)", function) if sent else None
        query = frozenset(re.findall(r"query_params\.append\(\('(\w+)'", function))
        yield Operation(call[2], call[1], query, kind[1] if kind else "", call[3])


def operation(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """The one that a request means, and what stands in its path's gaps. Raises LookupError if none is published."""
    # What has fewer gaps is meant first: /pipelines/upload is no pipeline of the name.
    for known in sorted(operations(), key=lambda known: known.path.count("{")):
        if known.method == method and (found := re.fullmatch(known.pattern, path)):
            return known, found.groups()
    raise LookupError(f"{method} {path} is not published")


def check(value: object, kind: str) -> None:
    """Raises jsonschema.ValidationError if the value is none of this type."""
    _validator(kind).validate(value)


@cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    definitions = {name: _schema(name) for name in dir(models) if isinstance(getattr(models, name), type)}
    return jsonschema.Draft202012Validator({**_type(kind), "$defs": definitions})


def _schema(name: str) -> dict[str, Any]:
    model = getattr(kfp_server_api, name)
    if hasattr(model, "allowable_values"):
        return {"enum": model.allowable_values}
    return {
        "type": "object",
        "properties": {model.attribute_map[key]: _type(kind) for key, kind in model.openapi_types.items()},
        "additionalProperties": False,
    }


def _type(kind: str) -> dict[str, Any]:
    if kind in PLAIN:
        return PLAIN[kind]
    if listed := re.fullmatch(r"list\[(.*)\]", kind):
        return {"type": "array", "items": _type(listed[1])}
    if mapped := re.fullmatch(r"dict\(str, (.*)\)", kind):
        return {"type": "object", "additionalProperties": _type(mapped[1])}
    return {"$ref": f"#/$defs/{kind}"}
