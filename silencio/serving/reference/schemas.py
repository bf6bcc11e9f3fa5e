"""What a JSON schema says, in a few words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

DEEPEST = 4
BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("maxLength", "characters at most"),
)


@dataclass(frozen=True)
class Row:
    name: str
    kind: str
    is_needed: bool
    meaning: str


class Schemas:
    """Of one document: knows what its references mean."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._named = document.get("components", {}).get("schemas", {})

    def whole(self, schema: Schema) -> Schema:
        """Itself, or what it refers to; what may be null is what it is otherwise."""
        if "$ref" in schema:
            return self.whole(self._named[schema["$ref"].rpartition("/")[2]])
        others = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
        if len(others) != 1:
            return schema
        return {**{key: schema[key] for key in schema if key != "anyOf"}, **self.whole(others[0])}

    def kind(self, schema: Schema) -> str:
        """Such as "number, at least 0, at most 1" or "list of text"."""
        whole = self.whole(schema)
        if "enum" in whole:
            return " | ".join(map(str, whole["enum"]))
        if "const" in whole:
            return str(whole["const"])
        if several := whole.get("oneOf") or whole.get("anyOf"):
            return " or ".join(self.kind(one) for one in several)
        kind = str(whole.get("type", "anything"))
        if kind == "array":
            return f"list of {self.kind(whole.get('items', {}))}"
        if kind == "string":
            kind = {"binary": "bytes", "date-time": "date and time"}.get(whole.get("format", ""), "text")
        bounds = [f"{words} {whole[key]:g}" for key, words in BOUNDS if key in whole]
        return ", ".join([kind, *bounds])

    def rows(self, schema: Schema, before: str = "", depth: int = 0) -> Iterator[Row]:
        """Each property of an object, and of the objects within it."""
        whole = self.whole(schema)
        for one in whole.get("oneOf", []):
            yield from self.rows(one, before, depth)
        for name, inner in whole.get("properties", {}).items():
            within = self.whole(inner)
            item = self.whole(within.get("items", {}))
            described = inner.get("description") or within.get("description", "")
            yield Row(before + name, self.kind(inner), name in whole.get("required", []), described)
            if depth < DEEPEST:
                yield from self.rows(within, f"{before}{name}.", depth + 1)
                yield from self.rows(item, f"{before}{name}[].", depth + 1)

    def example(self, schema: Schema) -> Any:
        """The schema's own, of an object as of a list; None if it has none."""
        whole = self.whole(schema)
        if whole.get("type") == "array":
            inner = self.example(whole.get("items", {}))
            return None if inner is None else [inner]
        return whole.get("example")
