"""The page at `/`."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
media-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def routes() -> APIRouter:
    router = APIRouter()
    page = (files("silencio.serving") / "page.html").read_text()

    @router.get("/", include_in_schema=False)
    def start() -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": POLICY})

    return router
