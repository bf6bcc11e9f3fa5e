"""The image that every step runs in."""

from silencio.identity import code_digest
from silencio.settings import Site

IMAGE = Site().image or f"silencio-python:{code_digest()[:12]}"
"""On this machine no image is used, yet its name is part of each step's cache key: so it names the code."""
