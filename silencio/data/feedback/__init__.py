"""What the service heard and what guides say about it: kept with its audio until the next catalog is made."""

from silencio.data.feedback.records import Kept, Said, Statement, Verdict, Visit, Word
from silencio.data.feedback.store import Arrival, FeedbackStore, StoreLost

__all__ = ["Arrival", "FeedbackStore", "Kept", "Said", "Statement", "StoreLost", "Verdict", "Visit", "Word"]
