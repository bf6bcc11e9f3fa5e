"""The store of what the service heard and what guides say about it.

store = FeedbackStore(workspace / "raw/feedback")
store.keep([Arrival(kept, recording)])
store.say(word)
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from silencio.data.feedback.audio import Audio, AudioBucket, AudioFolder
from silencio.data.feedback.records import Kept, Said, Statement, Visit, Word
from silencio.errors import SilencioError
from silencio.settings import Keeping

# SQLAlchemy takes a third of a second to import, which no service's port should wait for.
if TYPE_CHECKING:
    from silencio.data.feedback.rows import Rows

AUDIO = "audio"
DAY_SECONDS = 24 * 3600.0


class StoreLost(SilencioError):
    """The database, or the audio's place, cannot be read or written at this moment."""


@dataclass(frozen=True)
class Arrival:
    kept: Kept
    recording: bytes | None
    """Of the name that `kept` says; none if its audio is not kept."""


class FeedbackStore:
    """A database beside audio, which several threads and processes share.

    What `say` returned from outlives a power cut, with its audio. What `keep` returned from outlives a killed
    process. Whatever cannot be done raises StoreLost.
    """

    def __init__(self, folder: Path, settings: Keeping = Keeping()) -> None:
        """Nothing is made or opened yet: a service must start, though its store is lost."""
        self.folder = folder
        self._settings = settings
        self._audio: Audio = AudioBucket(settings.audio) if settings.audio else AudioFolder(folder / AUDIO)

    @cached_property
    def _rows(self) -> "Rows":
        from silencio.data.feedback.database import Database
        from silencio.data.feedback.rows import Rows

        return Rows(Database(self.folder, self._settings.database))

    def close(self) -> None:
        if "_rows" in vars(self):
            self._rows.close()

    def keep(self, arrivals: Sequence[Arrival]) -> None:
        """Requests, with their audio. One that is known already stays as it is."""
        # Rows first: a sweep then sees audio that was just sent, and leaves it alone.
        self.note(arrivals)
        self.put(arrivals)

    def note(self, arrivals: Sequence[Arrival]) -> None:
        """The first half of `keep`: rows, in a transaction for which others wait."""
        sizes = {name: len(recording) for name, recording in _audio(arrivals)}
        with _at_hand():
            self._rows.keep([a.kept for a in arrivals], sizes)

    def put(self, arrivals: Sequence[Arrival]) -> None:
        """The second half: audio, for which nobody waits."""
        with _at_hand():
            for name, recording in _audio(arrivals):
                self._audio.put(name, recording)

    def say(self, word: Word) -> Said:
        """What a person says again about the same species and stretch replaces what that person said before."""
        with _at_hand():
            return self._rows.say(word, self._audio.settle)

    def statements(self) -> list[Statement]:
        """All that was said, by recording and then as it was said."""
        with _at_hand():
            return self._rows.statements()

    def spoken_about(self) -> list[Kept]:
        """The recordings that somebody spoke about, each by its latest request."""
        with _at_hand():
            return self._rows.spoken_about()

    def passive(self) -> list[Kept]:
        """The recordings that the passive log drew and nobody spoke about, each by its latest request."""
        with _at_hand():
            return self._rows.passive()

    def tour(self, name: str) -> list[Visit]:
        """Its recordings as they came; none if there is no such tour."""
        with _at_hand():
            return self._rows.tour(name)

    def sweep(self) -> int:
        """Let go of audio that nobody holds, by the settings; how many recordings went."""
        before = time.time() - self._settings.days * DAY_SECONDS
        with _at_hand():
            self._audio.tidy()
            return self._rows.sweep(before, self._settings.max_bytes, self._audio.remove)

    def bring(self, names: Iterable[str]) -> None:
        """Audio into the feedback folder, where a catalog looks for it."""
        with _at_hand():
            for name in names:
                self._audio.bring(name, self.folder / AUDIO)


def _audio(arrivals: Sequence[Arrival]) -> Iterator[tuple[str, bytes]]:
    for arrival in arrivals:
        if arrival.kept.audio is not None and arrival.recording is not None:
            yield arrival.kept.audio, arrival.recording


@contextmanager
def _at_hand() -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise _lost(error) from error
    except Exception as error:
        # What obstore raises is known only where it is installed.
        if type(error).__module__.split(".")[0] != "obstore":
            raise
        raise _lost(error) from error


def _lost(error: Exception) -> StoreLost:
    said = str(error.__cause__ or error).splitlines() or [""]
    return StoreLost(
        f"What the service hears cannot be kept or read: {said[0][:200]}.",
        "Check that the feedback folder's disk has room, or that keeping.database and keeping.audio answer.",
    )
