"""Pick up a new version while the old one answers; refuse a broken one, and let the old one go on."""

import logging
import threading

from silencio.optimize.bundle import Bundle
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.opening import open_served
from silencio.serving.engine.sources import Found, Look
from silencio.serving.engine.watching import Watching

log = logging.getLogger(__name__)


class Following:
    """Looks every so many seconds, in a thread of its own, as long as it is entered."""

    def __init__(
        self,
        engine: Engine,
        look: Look,
        now: Found,
        seconds: float,
        threads: int,
        watching: Watching,
        triton: str | None = None,
    ) -> None:
        """`now` is what the engine serves."""
        self._triton = triton
        self._engine, self._look, self._seconds = engine, look, seconds
        self._threads, self._watching = threads, watching
        self._known = now.mark
        self._silent = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="silencio-following", daemon=True)

    def __enter__(self) -> "Following":
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        # Not joined: it may be asking a registry that does not answer.
        self._over.set()

    def _follow(self) -> None:
        while not self._over.wait(self._seconds):
            self.look()

    def look(self) -> None:
        """Once; whatever is wrong is said, once, and not raised."""
        try:
            found = self._look()
        except Exception as error:  # a registry that is away must not touch what is served
            self._complain(f"nobody says whether there is a new version: {error}")
            return
        if found is None:
            self._complain("there is no version any more")
            return
        self._silent = False
        if found.mark != self._known:
            # Whatever becomes of it, it is tried once: the same files do not get better.
            self._known = found.mark
            self._take(found)

    def _take(self, found: Found) -> None:
        before = self._engine.served
        try:
            bundle = Bundle.open(found.folder)
            if (bundle.digest, found.version) == (before.bundle.digest, before.version):
                return
            served = open_served(bundle, self._threads, found.version, self._triton)
        except Exception as error:  # however a bundle is broken, the old one goes on
            log.error("%s is refused, and %s goes on: %s", found.folder, before.bundle.digest[:12], error)
            self._watching.refused(str(error))
            return
        self._engine.adopt(served)
        log.info("from %s to %s", before.bundle.digest[:12], bundle.digest[:12])

    def _complain(self, what: str) -> None:
        if not self._silent:
            log.warning("%s; %s goes on", what, self._engine.served.bundle.digest[:12])
        self._silent = True
