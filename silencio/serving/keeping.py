"""What stays of a request once it is answered: handed to a thread of its own, so that no answer waits for a disk."""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from silencio.data.feedback import Arrival, FeedbackStore, Kept, Said, StoreLost, Visit, Word
from silencio.data.feedback.records import audio_name
from silencio.serving.engine.heard import Heard
from silencio.serving.wish import Wish
from silencio.settings import Keeping

log = logging.getLogger(__name__)

WAITING_BYTES = 128 * 2**20
"""Of recordings that may wait for the disk, with their lows; what comes on top is not kept."""
LINGER_SECONDS = 0.25
"""Requests that come one upon another are written together, for a quarter of the time that each would take alone. A
word on one of them is not kept waiting for the others."""
TOGETHER = 64
ELSEWHERE_SECONDS = 1.0
"""How long a word waits for its request to turn up: another process may have heard it, and be about to write it."""
LOOK_SECONDS = 0.1
SWEEP_SECONDS = 600.0
STEPS_BACK = 10
"""Of 19 by which a thread can be less important than others."""
WRITTEN_SECONDS = 10.0
"""How long a word waits for the audio of its request to be written."""
DEGREE_DECIMALS = 2
"""About a kilometre: where a rare animal sleeps is nobody's business, nor is where a guide lives."""


@dataclass(frozen=True)
class Answered:
    """One request, and what was heard."""

    request: str
    recording: bytes
    """As it was sent; empty where pictures were."""
    suffix: str
    heard: Heard
    over: tuple[tuple[str, float], ...]
    """The species over their thresholds, and how sure: (code, probability)."""
    wish: Wish


class Keeper:
    """Keeps what was answered in a store, a little later, and takes words on it."""

    def __init__(
        self, store: FeedbackStore, settings: Keeping, lost: Callable[[str], None] = lambda why: None
    ) -> None:
        """`lost` is told why a request was not kept: `full`, `store` or `speech`, the last for its audio alone."""
        self.store = store
        self._settings = settings
        self._lost = lost
        self._arrived: deque[Answered] = deque()
        self._waiting: dict[str, threading.Event] = {}
        self._bytes = 0
        self._asked_for, self._closing = False, False
        self._lock = threading.Lock()
        self._for_writer = threading.Condition(self._lock)
        self._writer: threading.Thread | None = None

    def take(self, answered: Answered) -> None:
        """Never waits, and never fails. Of whoever wants nothing kept, only what a tour that they name counts is."""
        if not answered.wish.may_keep and answered.wish.tour is None:
            return
        size = _size(answered)
        with self._lock:
            full = self._bytes + size > WAITING_BYTES
            if not full:
                self._bytes += size
                self._waiting[answered.request] = threading.Event()
                self._arrived.append(answered)
                # Woken at every request, the writer would be in the way of each.
                if len(self._arrived) in (1, TOGETHER):
                    self._for_writer.notify()
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, name="keeping", daemon=True)
                    self._writer.start()
        if full:
            self._lost("full")
            log.warning("%s is not kept: what waits for the disk is too much already", answered.request)

    def say(self, word: Word) -> Said:
        """Waits until the request is written. What comes back from here is on the disk, with its audio."""
        until = time.monotonic() + ELSEWHERE_SECONDS
        while True:
            self._wait_for(word.request)
            said = self.store.say(word)
            if said is not Said.UNKNOWN or time.monotonic() > until:
                return said
            time.sleep(LOOK_SECONDS)

    def tour(self, name: str) -> list[Visit]:
        """All that was answered before this was asked is in it."""
        with self._lock:
            last = next(reversed(self._waiting), None)
        if last is not None:
            self._wait_for(last)
        return self.store.tour(name)

    def close(self) -> None:
        """Writes what waits."""
        with self._lock:
            self._closing, writer = True, self._writer
            self._for_writer.notify()
        if writer is not None:
            writer.join()
        self.store.close()

    def _wait_for(self, request: str) -> None:
        with self._lock:
            written = self._waiting.get(request)
            if written is None:
                return
            self._asked_for = True
            self._for_writer.notify()
        if not written.wait(WRITTEN_SECONDS):
            raise StoreLost(
                f"{request} was not written within {WRITTEN_SECONDS:g} s.",
                "Look at the feedback folder's disk.",
            )

    def _write(self) -> None:
        if sys.platform == "linux":
            # There it is this thread's alone: where the cores are full, answers go first.
            os.setpriority(os.PRIO_PROCESS, 0, STEPS_BACK)
        swept, open_ = -SWEEP_SECONDS, True
        while open_:
            answered, open_ = self._next()
            if answered:
                self._keep(answered)
            if open_ and time.monotonic() - swept > SWEEP_SECONDS:
                swept = time.monotonic()
                self._sweep()

    def _next(self) -> tuple[list[Answered], bool]:
        """Some that arrived, and whether more may come."""
        with self._lock:
            self._for_writer.wait_for(lambda: self._arrived or self._closing, SWEEP_SECONDS)
            if self._arrived:
                self._for_writer.wait_for(self._has_enough, LINGER_SECONDS)
            together = [self._arrived.popleft() for _ in range(min(TOGETHER, len(self._arrived)))]
            more = bool(self._arrived)
            self._asked_for = self._asked_for and more
            return together, more or not self._closing

    def _has_enough(self) -> bool:
        """Or somebody waits for what there is."""
        return self._asked_for or self._closing or len(self._arrived) >= TOGETHER

    def _keep(self, answered: list[Answered]) -> None:
        try:
            self.store.keep([self._arrival(one) for one in answered])
        except StoreLost as error:
            for _ in answered:
                self._lost("store")
            log.warning("%d requests are not kept: %s", len(answered), error)
        finally:
            with self._lock:
                for one in answered:
                    self._bytes -= _size(one)
                    self._waiting.pop(one.request).set()

    def _arrival(self, answered: Answered) -> Arrival:
        wish, heard = answered.wish, answered.heard
        may = bool(answered.recording) and wish.may_keep
        # What nobody listened to is taken for speech. Telling takes as long as all else that is done here.
        if may and self._settings.drop_speech and (heard.lows is None or heard.lows.speak()):
            self._lost("speech")
            may = False
        kept = Kept(
            request=answered.request,
            at=time.time(),
            model=heard.served.bundle.digest,
            version=heard.served.version,
            seconds=heard.seconds,
            species=answered.over,
            tour=wish.tour,
            latitude=_about(wish.latitude) if wish.may_keep else None,
            longitude=_about(wish.longitude) if wish.may_keep else None,
            said_at=wish.at.isoformat() if wish.at else None,
            passive=may and is_drawn(answered.request, self._settings.passive_share),
            audio=audio_name(answered.recording, answered.suffix) if may else None,
        )
        return Arrival(kept, answered.recording if may else None)

    def _sweep(self) -> None:
        try:
            if swept := self.store.sweep():
                log.info("%d recordings that nobody spoke about are not kept any longer", swept)
        except StoreLost as error:
            log.warning("nothing is swept: %s", error)


def keep(keeper: Keeper, answered: Answered) -> None:
    """So that a correction of it can come later. Never waits, and never fails."""
    keeper.take(answered)


def is_drawn(request: str, share: float) -> bool:
    """Whether the passive log draws a request: by its name alone, so that any process draws the same."""
    return int.from_bytes(sha256(request.encode()).digest()[:7]) < share * 2**56


def _about(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, DEGREE_DECIMALS)


def _size(answered: Answered) -> int:
    lows = answered.heard.lows
    return len(answered.recording) + (lows.samples.nbytes if lows else 0)
