"""How a model serves, and how it gets there."""

from typing import Annotated

from pydantic import Field

from silencio.settings.section import Count, Section, Share


class Serving(Section):
    """Limits on what anyone may upload; they hold while it is decoded."""

    max_bytes: Count = 32 * 2**20
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    max_decoded_bytes: Count = 512 * 2**20
    threads: Count = 1


class Release(Section):
    canary_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    requests: Annotated[int, Field(ge=10)] = 60
    max_error_rate: Share = 0.01
    max_p95_ms: Annotated[float, Field(gt=0)] = 300.0
    min_agreement: Share = 0.6
