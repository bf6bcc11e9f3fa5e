"""How Silencio's pages look and move: the style sheet and the script that all of them begin with."""

import hashlib
from base64 import b64encode
from importlib.resources import files


def style() -> str:
    return _part("style.css")


def script() -> str:
    return _part("script.js")


def policy(script: str) -> str:
    """Whatever else might come to be in a page, only this script runs, and nothing is loaded."""
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; "
        f"script-src 'sha256-{digest}'"
    )


def _part(name: str) -> str:
    return (files("silencio.data.report") / "templates" / name).read_text("utf-8")
