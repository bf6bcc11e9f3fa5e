"""`GET /docs`: how to ask, for people; the same as /openapi.json, and nothing from elsewhere."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse

from silencio.serving.reference.page import page_of


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/docs", include_in_schema=False)
    def docs(request: Request) -> HTMLResponse:
        app: FastAPI = request.app
        style, policy = _style()
        return HTMLResponse(
            page_of(app.openapi(), style, str(request.base_url).rstrip("/")),
            headers={"content-security-policy": policy},
        )

    return router


@cache
def _style() -> tuple[str, str]:
    """And the policy that lets it in, and nothing else."""
    style = (files("silencio.serving.reference") / "style.css").read_text("utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return style, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
