"""Every error is an `application/problem+json` (RFC 9457): what was found, and what to do about it."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
TOO_LARGE = 413


class Problem(Exception):
    """Ends a request with a status, a sentence on what was found, and one on what to do."""

    def __init__(
        self, status: int, problem: str, remedy: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{problem} {remedy}")
        self.status = status
        self.headers = headers or {}


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(content, status, dict(headers or {}), MEDIA_TYPE)
