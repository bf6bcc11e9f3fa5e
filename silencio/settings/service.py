"""How a model serves, and how it gets there."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from silencio.settings.section import Count, Section, Share


class Batching(Section):
    """Windows of several requests go through the model together."""

    largest: Annotated[int, Field(ge=1, le=64)] = 16
    """Windows at a time; 1: each by itself."""
    wait_ms: Annotated[float, Field(ge=0, le=1000)] = 15.0
    """How long the first of a batch waits for others that are being decoded; whoever is alone does not wait."""
    queue: Count = 1024
    """Windows that may wait; who brings more is told to come again later."""
    bulk_share: Share = 0.5
    """Of that queue, how much requests of low priority may fill."""


class Access(Section):
    """Who may ask."""

    keys: Path | None = None
    """The file of keys, of which only hashes are kept; none: whoever reaches the port may ask, so that only a
    loopback address is listened on."""
    per_minute: Annotated[float, Field(gt=0)] = 600.0
    """Requests of one key, on the average of a minute."""
    burst: Count = 60
    """Of them, how many at once."""
    origins: tuple[str, ...] = ()
    """Other sites whose pages may ask, such as https://reserve.example."""


class Keeping(Section):
    """What is kept of what the service hears."""

    database: str | None = None
    """postgresql://… where several services share it; SQLite in the feedback folder if none is named."""
    audio: str | None = None
    """s3://bucket/folder; the feedback folder if none is named."""
    days: Annotated[float, Field(gt=0)] = 30.0
    """Audio that nobody said anything about, and that the passive log did not draw, goes after so many days."""
    max_bytes: Count = 20 * 2**30
    """Of such audio; the oldest goes first."""
    passive_share: Share = 0.05
    """Of requests, whose audio and answer stay in the passive log."""
    drop_speech: bool = True
    """A recording in which people seem to speak is never kept."""


class Observing(Section):
    traces: str | None = None
    """Where spans go: the address of an OpenTelemetry collector, such as http://localhost:4318."""
    traced_share: Share = 1.0
    """Of requests that nobody traces already."""


class Serving(Section):
    """Limits on what anyone may upload hold while it is decoded."""

    max_bytes: Count = 32 * 2**20
    max_seconds: Annotated[float, Field(gt=0)] = 600.0
    max_decoded_bytes: Count = 256 * 2**20
    threads: Count = 1
    """Of the model, for each batch."""
    preparing: Count | None = None
    """Recordings that are decoded, and batches that are computed, at once; as many as there are cores if nothing is
    said."""
    waiting_bytes: Count = 256 * 2**20
    """Of recordings under way, all together; who brings more is told to come again later."""
    deadline_seconds: Annotated[float, Field(gt=0)] = 30.0
    """Of a request that names none of its own: what is not answered by then is given up."""
    idle_seconds: Annotated[float, Field(gt=0)] = 30.0
    """An upload, or a stream, from which nothing comes for so long is hung up on."""
    drain_seconds: Annotated[float, Field(gt=0)] = 30.0
    """What was accepted is finished within so many seconds once the service is told to stop."""
    refresh_seconds: Annotated[float, Field(gt=0)] = 10.0
    """How often the registry, or the folder of bundles, is asked for a new version."""
    triton: str | None = None
    """A Triton server that runs the model, such as http://localhost:8000; none: this process does."""
    batching: Batching = Batching()
    access: Access = Access()
    keeping: Keeping = Keeping()
    observing: Observing = Observing()


class Release(Section):
    canary_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    requests: Annotated[int, Field(ge=10)] = 60
    max_error_rate: Share = 0.01
    max_p95_ms: Annotated[float, Field(gt=0)] = 300.0
    min_agreement: Share = 0.6
    users: Annotated[tuple[Count, ...], Field(min_length=1)] = (8, 16, 32)
    """Who ask staging at once, one crowd after the other: eight are a morning's guides, and max_p95_ms is held with
    them; twice and four times as many must still be answered, or told when to come again."""
    max_refused: Share = 0.5
    """Of each crowd's requests, how many may be told so: beyond half, most of a crowd are not served."""
