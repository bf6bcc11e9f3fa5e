"""Every error is an `application/problem+json` (RFC 9457): what was found, and what to do about it."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

from silencio.logs import request_id

MEDIA_TYPE = "application/problem+json"
ID_HEADER = "x-request-id"
TOO_LARGE = 413


class Problem(Exception):
    """Ends a request with a status, a sentence on what was found, and one on what to do."""

    def __init__(self, status: int, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.status = status


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """It carries the request's id, as the log does, so that who complains can be helped."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    identifier = request_id.get()
    if identifier is None:
        return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)
    known = {ID_HEADER: identifier, **(headers or {})}
    return JSONResponse(content | {"request_id": identifier}, status, known, MEDIA_TYPE)
