"""Real services in processes of their own, for tests that need a port, a process or a signal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silencio.optimize.bundle import Bundle
from silencio.serving.process import RunningProcess, free_port, silencio_command, start


@contextmanager
def served(bundle: Bundle, folder: Path, *options: str) -> Iterator[tuple[str, RunningProcess]]:
    """Its address, and its process; it keeps what it hears in `folder`/feedback, and is stopped at the end."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    what = ["--bundle", str(bundle.folder), "--feedback", str(folder / "feedback"), "--port", str(port)]
    process = start(silencio_command("serve", *what, *options), folder / "log", f"{address}/readyz")
    try:
        yield address, process
    finally:
        process.stop()
