"""What was answered: held until another process has written it, so that no answer waits, and nothing is lost with it.

Handing over takes the service next to nothing. Where somebody needs what still waits, such as a word on it, or the
end of the service, whoever asks writes it here instead: the other process gives way to all others, and may be long.
Written twice is written once.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from silencio.data.feedback import FeedbackStore, Kept, Said, StoreLost, Visit, Word
from silencio.serving.engine.heard import Heard
from silencio.serving.keeping.parcel import Order, Parcel, Report
from silencio.serving.keeping.scribe import Scribe, ScribeLost
from silencio.serving.keeping.writing import kept
from silencio.serving.wish import Wish
from silencio.settings import Keeping

log = logging.getLogger(__name__)

WAITING_BYTES = 128 * 2**20
"""Of recordings that may wait to be written, with what their ears hold; what comes on top is not kept."""
LATER_BYTES = 32 * 2**20
"""Once so much waits, ears hear at once, and hold an eighth."""
HURRY_SECONDS = 1.0
"""Once anything waits for so long, writing gives way to nobody any more: the cores are full."""
LINGER_SECONDS = 0.25
"""Requests that come one upon another are handed over and written together, for a fraction of what each would take
alone."""
TOGETHER, TOGETHER_BYTES = 64, 16 * 2**20
"""Handed over at once, at most; one that is larger goes alone."""
ATTEMPTS = 3
"""At handing over the same: what kills the writer each time is not kept."""
ELSEWHERE_SECONDS = 5.0
"""How long a word waits for its request to turn up: another service may have heard it, and be about to write it, which
begins with starting who writes."""
GIVEN = re.compile("[0-9a-f]{32}")
"""What services name requests; a word on any other is on none, and does not wait."""
LOOK_SECONDS = 0.1
SWEEP_SECONDS = 600.0
DRAIN_SECONDS = 30.0
LAST_SECONDS = 5.0
"""For what was handed over last, at the end."""
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
        self._waiting: dict[str, Parcel] = {}
        """By request, as they came: all that is not known to be written."""
        self._bytes = 0
        self._closed = False
        self._lock = threading.Lock()
        self._for_handing = threading.Condition(self._lock)
        self._handing: threading.Thread | None = None
        self._scribe = Scribe(store.folder, settings)

    def take(self, answered: Answered) -> None:
        """Never waits, and never fails. Of whoever wants nothing kept, only what a tour that they name counts is."""
        if not answered.wish.may_keep and answered.wish.tour is None:
            return
        if self._bytes > LATER_BYTES and answered.heard.ear:
            answered.heard.ear.hear()
        parcel = _parcel(answered)
        with self._lock:
            full = self._bytes + parcel.size > WAITING_BYTES
            if taken := not (full or self._closed):
                self._bytes += parcel.size
                self._waiting[parcel.request] = parcel
                # Woken at every request, who hands over would be in the way of each.
                if len(self._waiting) in (1, TOGETHER):
                    self._for_handing.notify()
                if self._handing is None:
                    self._handing = threading.Thread(target=self._hand_over, name="keeping", daemon=True)
                    self._handing.start()
        if not taken:
            self._lost("full" if full else "store")
            why = "what waits to be written is too much already" if full else "the service has ended"
            log.warning("%s is not kept: %s", parcel.request, why)

    def say(self, word: Word) -> Said:
        """What comes back from here is on the disk, with its audio."""
        until = time.monotonic() + (ELSEWHERE_SECONDS if GIVEN.fullmatch(word.request) else 0.0)
        while True:
            self._write(self._those(lambda parcel: parcel.request == word.request))
            said = self.store.say(word)
            if said is not Said.UNKNOWN or time.monotonic() > until:
                return said
            time.sleep(LOOK_SECONDS)

    def tour(self, name: str) -> list[Visit]:
        """All that was answered before this was asked is in it."""
        self._write(self._those(lambda parcel: parcel.kept.tour == name))
        return self.store.tour(name)

    def close(self, within: float = DRAIN_SECONDS) -> None:
        """Writes what waits, within so many seconds."""
        until = time.monotonic() + within
        with self._lock:
            self._closed = True
            self._for_handing.notify()
        if self._handing is not None:
            # Whatever a writer that is only starting was handed is written sooner here.
            self._handing.join(LAST_SECONDS if self._scribe.is_at_work else 0)
            if self._handing.is_alive():
                self._scribe.kill()
                self._handing.join()
        self._scribe.end(LAST_SECONDS)
        while (left := self._those(lambda _: True)) and time.monotonic() < until:
            with suppress(StoreLost):  # said and counted
                self._write(left[:TOGETHER])
        self._settle(left, Report(lost=f"{within:g} s were not enough to write what waited."))
        self.store.close()

    def _those(self, chosen: Callable[[Parcel], bool]) -> list[Parcel]:
        """Of what waits."""
        with self._lock:
            return [parcel for parcel in self._waiting.values() if chosen(parcel)]

    def _write(self, parcels: Sequence[Parcel]) -> None:
        """Here and now, whether they are handed over or not. Raises StoreLost."""
        if not parcels:
            return
        try:
            report = kept(parcels, self.store, self._settings)
        except StoreLost as error:
            self._settle(parcels, Report(lost=str(error)))
            raise
        self._settle(parcels, report)

    def _settle(self, parcels: Sequence[Parcel], report: Report) -> None:
        """They wait no longer. Counted once, whoever else wrote them."""
        with self._lock:
            settled = [p for p in parcels if self._waiting.pop(p.request, None) is not None]
            self._bytes -= sum(parcel.size for parcel in settled)
        for parcel in settled:
            if report.lost is not None:
                self._lost("store")
            elif parcel.request in report.spoken:
                self._lost("speech")
        if settled and report.lost is not None:
            log.warning("%d requests are not kept: %s", len(settled), report.lost)

    def _hand_over(self) -> None:
        swept = -SWEEP_SECONDS
        while (parcels := self._next()) is not None:
            self._hand(parcels)
            is_due = time.monotonic() - swept > SWEEP_SECONDS
            if is_due and self._scribe.is_at_work and not self._closed:
                swept = time.monotonic()
                self._sweep()

    def _next(self) -> tuple[Parcel, ...] | None:
        """The first that wait; none if nothing came for long. None: it is over."""
        with self._lock:
            self._for_handing.wait_for(lambda: self._waiting or self._closed, SWEEP_SECONDS)
            if self._waiting:
                self._for_handing.wait_for(self._has_enough, LINGER_SECONDS)
            return None if self._closed else tuple(_together(self._waiting.values()))

    def _still(self, parcels: Sequence[Parcel]) -> tuple[Parcel, ...]:
        """Those that nobody else wrote meanwhile."""
        with self._lock:
            return tuple(parcel for parcel in parcels if parcel.request in self._waiting)

    def _has_enough(self) -> bool:
        return self._closed or len(self._waiting) >= TOGETHER

    def _hand(self, parcels: tuple[Parcel, ...]) -> None:
        for _ in range(ATTEMPTS):
            if not parcels:
                return
            try:
                late = time.time() - parcels[0].kept.at > HURRY_SECONDS
                report = self._scribe.do(Order(parcels, hurries=late))
            except ScribeLost as error:
                if self._closed:
                    return  # whoever closes writes them
                log.warning("%s %d requests are handed over again.", error, len(parcels))
                parcels = self._still(parcels)
            else:
                self._settle(parcels, report)
                return
        self._settle(parcels, Report(lost=f"The process that writes was started {ATTEMPTS} times, and died."))

    def _sweep(self) -> None:
        try:
            report = self._scribe.do(Order())
        except ScribeLost as error:
            report = Report(lost=str(error))
        if self._closed:
            return
        if report.lost is not None:
            log.warning("nothing is swept: %s", report.lost)
        elif report.swept:
            log.info("%d recordings that nobody spoke about are not kept any longer", report.swept)


def keep(keeper: Keeper, answered: Answered) -> None:
    """So that a correction of it can come later. Never waits, and never fails."""
    keeper.take(answered)


def _parcel(answered: Answered) -> Parcel:
    wish, heard = answered.wish, answered.heard
    row = Kept(
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
    )
    if not (wish.may_keep and answered.recording):
        return Parcel(row, b"", answered.suffix, None)
    size = len(answered.recording) + (heard.ear.nbytes if heard.ear else 0)
    return Parcel(row, answered.recording, answered.suffix, heard.ear, size)


def _together(waiting: Iterable[Parcel]) -> Iterator[Parcel]:
    """As many of the first as go over at once."""
    size = 0
    for count, parcel in enumerate(waiting):
        size += parcel.size
        if count and (count >= TOGETHER or size > TOGETHER_BYTES):
            return
        yield parcel


def _about(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, DEGREE_DECIMALS)
