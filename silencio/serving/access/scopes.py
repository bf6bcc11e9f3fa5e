"""What each route takes: one table, so that it can be read at a glance and no route is forgotten."""

from collections.abc import Mapping
from enum import StrEnum


class Scope(StrEnum):
    IDENTIFY = "identify"
    """Ask what is heard, and of which tour."""
    FEEDBACK = "feedback"
    """Say what is really heard."""
    ADMIN = "admin"
    """Everything, and how the service is doing."""


OPEN: Mapping[str, str] = {
    "/": "the page asks for a key itself",
    "/page/": "its files",
    "/docs": "how to ask is no secret",
    "/openapi.json": "nor is its other form",
    "/healthz": "asked by machines that know no key",
    "/readyz": "the same",
}
"""By path, or by the beginning of one that ends in a slash: with why."""

NEEDED: Mapping[str, Scope] = {
    "/v1/identify": Scope.IDENTIFY,
    "/v1/stream": Scope.IDENTIFY,
    "/v1/species": Scope.IDENTIFY,
    "/v1/model": Scope.IDENTIFY,
    "/v1/tours/": Scope.IDENTIFY,
    "/v1/feedback": Scope.FEEDBACK,
    "/metrics": Scope.ADMIN,
}


def needed(path: str) -> Scope | None:
    """None: anybody may. What stands in neither table is for admins: a new route is closed until somebody opens it."""
    if _entry(path, OPEN):
        return None
    entry = _entry(path, NEEDED)
    return NEEDED[entry] if entry else Scope.ADMIN


def _entry(path: str, table: Mapping[str, object]) -> str | None:
    if path in table:
        return path
    return next((e for e in table if e != "/" and e.endswith("/") and path.startswith(e)), None)
