"""What stays of a request once it is answered."""

from dataclasses import dataclass

from silencio.data.feedback import FeedbackStore
from silencio.serving.engine.heard import Heard
from silencio.serving.wish import Wish


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


def keep(store: FeedbackStore, answered: Answered) -> None:
    """So that a correction of it can come later."""
    if answered.recording and answered.wish.may_keep:
        digest = answered.heard.served.bundle.digest
        store.hear(answered.request, answered.recording, answered.suffix, digest)
