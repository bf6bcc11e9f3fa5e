"""Delivers in the background: a server that is slow, or away, must not hold up an epoch."""

import logging
import threading
from collections.abc import Callable

from mlflow.exceptions import MlflowException

from silencio.registry.delivery import Delivery, is_refused
from silencio.workspace import only_one

log = logging.getLogger(__name__)

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before it tries again; the last one from then on."""

Trouble = Exception
"""An MlflowException, or an OSError, which is what requests raises when a file does not get through."""

# Every one of urllib3's own attempts would be a warning of several lines; the postman has a sentence for all of them.
logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


class Postman:
    """One thread while something waits, and none when nothing does. It may die with the process at any moment."""

    def __init__(self, delivery: Delivery, server: str) -> None:
        self._delivery, self._server = delivery, server
        self._news = threading.Condition(threading.RLock())
        self._called = self._at_work = False
        self.trouble: Trouble | None = None
        """Why nothing gets through; None as soon as something does."""

    def call(self) -> None:
        """There is something to deliver."""
        with self._news:
            self._called = True
            if not self._at_work:
                self._at_work = True
                threading.Thread(target=self._work, name="silencio-postman", daemon=True).start()

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Whether it came to that; sooner, and no, if nobody is at work any more."""
        with self._news:
            self._news.wait_for(lambda: until() or not self._at_work, seconds)
        return until()

    def deliver(self) -> None:
        """All that waits, here and now. Raises if the server cannot be reached, or refuses."""
        outbox = self._delivery.outbox
        outbox.folder.mkdir(parents=True, exist_ok=True)
        with only_one(outbox.lock):
            for journal in outbox.waiting():
                self._delivery.deliver(journal)
                self._tell(None)
        self._tell(None)

    def _work(self) -> None:
        tries = 0
        try:
            while self._goes_on():
                try:
                    self.deliver()
                    tries = 0
                except (MlflowException, OSError) as error:
                    self._tell(error)
                    with self._news:
                        self._news.wait(PAUSES[min(tries, len(PAUSES) - 1)])
                    tries += 1
        except Exception:
            self._stop()
            raise

    def _goes_on(self) -> bool:
        with self._news:
            called, self._called = self._called, False
            # To ask again with the same login would be of no use; with the next word it is tried again.
            if called or (self.trouble and not is_refused(self.trouble)):
                return True
            self._stop()
            return False

    def _stop(self) -> None:
        with self._news:
            self._at_work = False
            self._news.notify_all()

    def _tell(self, trouble: Trouble | None) -> None:
        if trouble and not self.trouble:
            log.warning(
                "%s does not take what there is to say of this run (%s); it waits in %s and is sent again.",
                self._server,
                in_short(trouble),
                self._delivery.outbox.folder,
            )
            log.debug("it said", exc_info=trouble)
        if self.trouble and not trouble:
            log.info("%s answers again.", self._server)
        with self._news:
            self.trouble = trouble
            self._news.notify_all()


def in_short(error: Trouble) -> str:
    """MLflow hands on the whole chain of errors; its end says what is the matter."""
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else f"… {text[-120:]}"
