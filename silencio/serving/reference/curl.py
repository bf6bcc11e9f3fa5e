"""How to ask a route from a terminal."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from silencio.serving.reference.schemas import Schemas


def curl(method: str, path: str, operation: Mapping[str, Any], address: str, schemas: Schemas) -> str:
    """A line to paste, with an example for a body."""
    words = ["curl"] if method == "get" else ["curl", "-X", method.upper()]
    content = operation.get("requestBody", {}).get("content", {})
    if "audio/*" in content:
        words += ["--data-binary", "@dawn.ogg", "-H", "content-type: audio/ogg"]
    elif "application/json" in content:
        said = content["application/json"]
        named = [example["value"] for example in said.get("examples", {}).values()]
        example = said.get("example") or next(iter(named), schemas.example(said.get("schema", {}))) or {}
        words += ["-H", "content-type: application/json", "-d", json.dumps(example)]
    return f"{' '.join(map(shlex.quote, words))} {shlex.quote(address + path)}"
