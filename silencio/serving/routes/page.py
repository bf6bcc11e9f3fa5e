"""The page at `/`, and the files that it is made of. All of it comes from here, and nothing from elsewhere."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response

from silencio.serving.problems import Problem

MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "worker-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "permissions-policy": "microphone=(self), geolocation=(self), camera=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # Asked anew each time, and answered with a word where nothing changed: a new page is there with its service.
    "cache-control": "no-cache",
}


@dataclass(frozen=True)
class _File:
    content: bytes
    headers: dict[str, str]
    media_type: str


def routes() -> APIRouter:
    router = APIRouter()
    page = {
        path.name: _file(path.name, path.read_bytes())
        for path in (files("silencio.serving") / "page").iterdir()
    }

    @router.get("/", include_in_schema=False)
    def start(request: Request) -> Response:
        return _answer(request, page["index.html"])

    @router.get("/page/{name}", include_in_schema=False)
    def part(request: Request, name: str) -> Response:
        if name not in page:
            raise Problem(404, f"The page has no file {name!r}.", "It begins at /.")
        return _answer(request, page[name])

    return router


def _file(name: str, content: bytes) -> _File:
    tag = f'"{sha256(content).hexdigest()[:16]}"'
    return _File(content, HEADERS | {"etag": tag}, MEDIA_TYPES[name.rpartition(".")[2]])


def _answer(request: Request, file: _File) -> Response:
    if request.headers.get("if-none-match") == file.headers["etag"]:
        return Response(status_code=304, headers=file.headers)
    return Response(file.content, headers=file.headers, media_type=file.media_type)
