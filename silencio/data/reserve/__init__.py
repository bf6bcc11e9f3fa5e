"""The built-in reserve: a forest of our own making, so that everything runs without a download."""

from silencio.data.reserve.compose import compose

__all__ = ["compose"]
