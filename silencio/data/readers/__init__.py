"""One reader a data set: from the layout that it really has to what it says of its recordings."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from silencio.data.delivery import Delivery
from silencio.errors import WrongUse
from silencio.settings import Data

READERS = {
    "reserve": "birdclef2025",  # the built-in reserve is written in that layout
    "birdclef2025": "birdclef2025",
    "birdclef2021": "birdclef2021",
    "cornell2020": "cornell2020",
    "frogid": "frogid",
    "digits": "files",
    "folders": "files",
    "soundscapes": "files",
}


def read(data: Data, root: Path) -> Delivery:
    """What the data set at `root` says of itself; none of its recordings is opened."""
    if not root.is_dir():
        raise WrongUse(
            f"data.path is {root}, which is no folder.",
            "Unpack the data there, or name their folder: --set data.path=…",
        )
    module = READERS[data.source]
    if data.pattern is not None and module != "files":
        raise WrongUse(
            f"data.pattern is set, but the names of {data.source} are read by its own rules.",
            "Leave it out, or set data.source to digits, folders or soundscapes.",
        )
    reader: Callable[[Path, Data], Delivery] = import_module(f"{__name__}.{module}").read
    return reader(root, data)
