"""The built-in reserve: a forest of our own making, so that everything runs without a download."""

from silencio.data.reserve.compose import compose, record

__all__ = ["compose", "record"]
