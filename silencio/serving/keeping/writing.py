"""What the process that writes does with its orders."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from silencio.data.feedback import FeedbackStore, StoreLost
from silencio.serving.keeping.parcel import Order, Parcel, Place, Report, judged, report_of
from silencio.settings import Keeping

T = TypeVar("T")


class Writing:
    """Called by a thread that gives way to everybody, it waits while `foremost` works, which gives way to nobody.

    Words wait for the database's lock: who holds it must not wait for a core. What hurries is done so as a whole.
    """

    def __init__(self, place: Place, foremost: ThreadPoolExecutor) -> None:
        self._store, self._settings = FeedbackStore(place.folder, place.settings), place.settings
        self._foremost = foremost

    def do(self, order: Order) -> Report:
        try:
            if not order.parcels:
                return Report(swept=self._at_once(self._store.sweep))
            if order.hurries:
                return self._at_once(lambda: kept(order.parcels, self._store, self._settings))
            arrivals = judged(order.parcels, self._settings)
            self._at_once(lambda: self._store.note(arrivals))
            self._store.put(arrivals)
            return report_of(order.parcels, arrivals)
        except StoreLost as error:
            return Report(lost=str(error))

    def _at_once(self, work: Callable[[], T]) -> T:
        return self._foremost.submit(work).result()


def kept(parcels: Sequence[Parcel], store: FeedbackStore, settings: Keeping) -> Report:
    """They are written. Raises StoreLost."""
    arrivals = judged(parcels, settings)
    store.keep(arrivals)
    return report_of(parcels, arrivals)
