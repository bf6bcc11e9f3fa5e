"""Every error is an `application/problem+json` (RFC 9457): what was found, and what to do about it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from silencio.logs import request_id

MEDIA_TYPE = "application/problem+json"
ID_HEADER = "x-request-id"
TOO_LARGE = 413
HUNG_UP_ON = frozenset({408, TOO_LARGE})
"""After these the line is closed: kept open, the server would read the rest of the upload, only to drop it."""

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was found, and what to do about it."},
        "request_id": {"type": "string", "description": "As in `X-Request-Id`, and in the service's log."},
    },
}


class Problem(HTTPException):
    """Ends a request with a status, a sentence on what was found, and one on what to do.

    It is Starlette's exception, so that one raised while a body is read is not taken for a broken body.
    """

    def __init__(
        self, status: int, problem: str, remedy: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, f"{problem} {remedy}", dict(headers or {}))
        self.status = status

    def __str__(self) -> str:
        return self.detail

    def response(self) -> JSONResponse:
        closing = {"connection": "close"} if self.status in HUNG_UP_ON else {}
        return problem_response(self.status, self.detail, closing | dict(self.headers or {}))


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """It carries the request's id, as the log does, so that who complains can be helped."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    identifier = request_id.get()
    if identifier is None:
        return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)
    known = {ID_HEADER: identifier, **(headers or {})}
    return JSONResponse(content | {"request_id": identifier}, status, known, MEDIA_TYPE)


def documented(problems: Mapping[int | str, str]) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for the OpenAPI document: by status, with what each of them means."""
    return {
        status: {"description": meaning, "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
        for status, meaning in problems.items()
    }
