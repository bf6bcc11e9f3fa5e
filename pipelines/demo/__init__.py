"""`make demo`: the loop, turned twice on the built-in reserve."""

from pipelines.demo.walk import walk

__all__ = ["walk"]
