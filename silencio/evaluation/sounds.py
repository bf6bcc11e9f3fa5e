"""What a judged window sounds and looks like, for a page that lets its reader judge too."""

from collections.abc import Callable

from silencio.audio import LogMel
from silencio.data.catalog import Catalog
from silencio.data.report.excerpt import Excerpt, Size, excerpt
from silencio.settings import FrontEnd

Sounds = Callable[[str, float], Excerpt]
"""(recording, start in seconds) to the window that begins there."""

SIZE = Size(seconds=8.0, columns=240, rows=80, points=160, rate=24_000, compression=0.85)
"""A dozen of them fit into a page of a megabyte."""


def sounds_of(catalog: Catalog, front_end: FrontEnd) -> Sounds:
    """Windows of the catalog's recordings, decoded from their files as they are asked for."""
    uris = dict(catalog.recordings.select("id", "uri").iter_rows())
    log_mel = LogMel(front_end)

    def sound(recording: str, start: float) -> Excerpt:
        return excerpt(catalog.path_of(uris[recording]), log_mel, SIZE, start, before=0.0)

    return sound
