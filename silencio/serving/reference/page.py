"""The document as HTML, section by section."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from silencio.serving.reference.curl import curl
from silencio.serving.reference.schemas import Row, Schemas

METHODS = ("get", "post", "put", "patch", "delete")
HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · how to ask</title>
<style>{style}</style>
</head>
<body>
"""


def page_of(document: Mapping[str, Any], style: str, address: str) -> str:
    """`address` is where the service is reached, as whoever reads this reached it."""
    schemas, info = Schemas(document), document["info"]
    routes = [
        (method, path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    ]
    sockets = list(document.get("x-websockets", {}).items())
    links = [(method, path) for method, path, _ in routes] + [("ws", path) for path, _ in sockets]
    sections = [
        *(_route(schemas, method, path, operation, address) for method, path, operation in routes),
        *(_socket(schemas, path, socket) for path, socket in sockets),
    ]
    return "".join(
        [
            HEAD.format(title=escape(info["title"]), style=style),
            f"<header><h1>{escape(info['title'])}</h1><p class=version>version {escape(info['version'])} · "
            f'<a href="openapi.json">OpenAPI</a> · <a href="./">the page</a></p>{_prose(info["description"])}</header>',
            f"<nav aria-label=Routes><ul>{''.join(map(_link, links))}</ul></nav><main>",
            *sections,
            "</main></body></html>",
        ]
    )


def _link(route: tuple[str, str]) -> str:
    method, path = route
    return f'<li><a href="#{_anchor(method, path)}"><b>{method.upper()}</b> {escape(path)}</a></li>'


def _route(schemas: Schemas, method: str, path: str, operation: Mapping[str, Any], address: str) -> str:
    parameters = [
        Row(p["name"], schemas.kind(p["schema"]), p.get("required", False), p.get("description", ""))
        for p in operation.get("parameters", [])
    ]
    return "".join(
        [
            _title(method, path, operation),
            _prose(operation.get("description", "")),
            f"<pre><code>{escape(curl(method, path, operation, address, schemas))}</code></pre>",
            _table(f"In the {operation['parameters'][0]['in']}", parameters) if parameters else "",
            *_body(schemas, operation.get("requestBody", {})),
            "<h3>Answers</h3>",
            *_answers(schemas, operation["responses"]),
            "</section>",
        ]
    )


def _socket(schemas: Schemas, path: str, socket: Mapping[str, Any]) -> str:
    first, answer = socket["x-first-message"], socket["responses"]["101"]
    codes = [Row(code, "", False, meaning) for code, meaning in socket["x-closing-codes"].items()]
    return "".join(
        [
            _title("ws", path, socket),
            _prose(socket["description"]),
            _table("The first message", list(schemas.rows(first["schema"]))),
            _example("for example", first["example"]),
            f"<h3>Answers</h3>{_prose(answer['description'])}",
            _example("a window", answer["content"]["application/json"]["example"]),
            _table("It is closed with", codes),
            "</section>",
        ]
    )


def _title(method: str, path: str, operation: Mapping[str, Any]) -> str:
    anchor = _anchor(method, path)
    return (
        f'<section aria-labelledby="{anchor}"><h2 id="{anchor}"><span class=method>{method.upper()}</span> '
        f"<code>{escape(path)}</code></h2><p class=summary>{escape(operation.get('summary', ''))}</p>"
    )


def _body(schemas: Schemas, body: Mapping[str, Any]) -> Iterator[str]:
    if not body:
        return
    yield f"<h3>Body</h3>{_prose(body.get('description', ''))}"
    for media_type, content in body["content"].items():
        schema = content.get("schema", {})
        yield f"<h4>{escape(media_type)}</h4>"
        if rows := list(schemas.rows(schema)):
            yield _table("", rows)
        named = content.get("examples", {})
        for name, example in named.items():
            yield _example(example.get("summary", name), example["value"])
        if not named:
            yield _example("for example", content.get("example") or schemas.example(schema))


def _answers(schemas: Schemas, responses: Mapping[str, Any]) -> Iterator[str]:
    refused = []
    for status, response in responses.items():
        if not status.startswith("2"):
            refused.append(Row(status, "", False, response["description"]))
            continue
        yield f"<p><b>{status}</b> {escape(response['description'])}</p>"
        for media_type, content in response.get("content", {}).items():
            schema = content.get("schema", {})
            yield _example(media_type, content.get("example") or schemas.example(schema))
            if media_type == "application/json" and (rows := list(schemas.rows(schema))):
                yield _table("Fields", rows)
    yield _table("Refusals, as application/problem+json", refused)


def _example(caption: str, example: Any) -> str:
    if example is None:
        return ""
    text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption><pre><code>{escape(text)}</code></pre></figure>"
    )


def _table(caption: str, rows: Sequence[Row]) -> str:
    """Scrolls by itself where it is wider than a phone."""
    lines = "".join(
        f"<tr><th scope=row><code>{escape(row.name)}</code>{' *' if row.is_needed else ''}</th>"
        f"<td>{escape(row.kind)}</td><td>{_inline(row.meaning)}</td></tr>"
        for row in rows
    )
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    label = escape(caption or "Fields")
    return f'<div class=wide tabindex=0 role=region aria-label="{label}"><table>{named}{lines}</table></div>'


def _prose(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.split("\n\n") if part.strip())


def _inline(text: str) -> str:
    """Text, in which `code` stands between backquotes."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def _anchor(method: str, path: str) -> str:
    return f"{method}{path.replace('/', '-').replace('{', '').replace('}', '')}"
