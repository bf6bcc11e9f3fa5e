"""How the command's log looks: plain lines on standard error, or one JSON object a line; and the file it is kept in.

On a terminal, lines and progress bars share one `console`, so that neither overwrites the other.
"""

import json
import logging
import os
import platform
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

OURS = "silencio"
log = logging.getLogger(__name__)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered: every line that is logged meanwhile carries it."""


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (identifier := request_id.get()) is not None:
            line["id"] = identifier
        # `extra={"fields": …}`: what a machine would otherwise have to read out of the message.
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        identifier = request_id.get()
        return line if identifier is None else f"{line} [{identifier}]"


@cache
def console() -> "Console":
    """Standard error, as rich draws on it."""
    from rich.console import Console

    return Console(stderr=True)


def set_up(verbose: bool, as_json: bool) -> None:
    """Ours speak from INFO on, or from DEBUG on if `verbose`; other libraries only to warn."""
    handler = _on_standard_error(as_json)
    handler.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger(OURS).setLevel(logging.DEBUG)


def complain(error: Exception) -> None:
    """The last word of a command that failed: a sentence for people, a record where those are asked for."""
    if says_json():
        log.error("%s", error)
    else:
        print(f"{OURS}: {error}", file=sys.stderr)
    # Where it came from is for the file that is kept, and for whoever asked for more.
    log.debug("it ended here", exc_info=error)


def says_json() -> bool:
    """Whether standard error is for a machine to read."""
    handlers = logging.getLogger().handlers
    return any(isinstance(h.formatter, JsonLines) and type(h) is logging.StreamHandler for h in handlers)


def _on_standard_error(as_json: bool) -> logging.Handler:
    if not as_json and sys.stderr.isatty():
        from rich.logging import RichHandler

        drawn = RichHandler(console=console(), show_time=False, show_path=False)
        drawn.setFormatter(PlainLines("%(message)s"))
        return drawn
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines("%(levelname)s %(name)s: %(message)s"))
    return handler


def keep(folder: Path, words: list[str]) -> Path:
    """From here on, all that is logged is also kept in a file of this run, details too, as JSON lines.

    `words` are the command line; its first words that are no options name the file.
    """
    from silencio import __version__
    from silencio.identity import git_commit

    name = "-".join(word for word in words[:2] if word.isidentifier()) or OURS
    # Two runs may start within a second, and each has a file of its own.
    path = folder / f"{datetime.now():%Y%m%d-%H%M%S}-{name}-{os.getpid()}.log"
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    log.debug(
        "silencio %s, commit %s, Python %s: silencio %s",
        __version__,
        git_commit(),
        platform.python_version(),
        " ".join(words),
    )
    return path


def kept() -> Path | None:
    """The file of this run."""
    files = [h for h in logging.getLogger().handlers if isinstance(h, logging.FileHandler)]
    return Path(files[-1].baseFilename) if files else None
