"""The sound of a stream: from bytes as they come to windows, and onto a tape."""

import io

import numpy as np
import soundfile
from numpy.typing import NDArray

from silencio.audio import Features, Flow, Unreadable
from silencio.audio.decode import LOUDEST
from silencio.audio.flow import Ready
from silencio.serving.live.messages import Opening
from silencio.serving.speech import Ear

FULL_SCALE = np.float32(1 << 15)
KINDS = {"pcm_s16le": "<i2", "pcm_f32le": "<f4"}


class Sound:
    """Of one stream. Its methods compute: call them in a thread, one at a time."""

    def __init__(self, opening: Opening, features: Features, max_seconds: float, is_kept: bool) -> None:
        self._kind, self._channels = np.dtype(KINDS[opening.format]), opening.channels
        self._left = round(max_seconds * opening.sample_rate)
        self.ear = Ear(features.front_end.sample_rate) if is_kept else None
        """What tells whether people speak, once it ended; None if it is not kept."""
        self._flow = Flow(features, opening.sample_rate, self.ear)
        self._rest = b""
        self._tape = Tape(opening.sample_rate) if is_kept else None

    @property
    def seconds(self) -> float:
        return self._flow.seconds

    @property
    def is_full(self) -> bool:
        """As much came as is taken; what follows is not heard."""
        return self._left == 0

    def feed(self, content: bytes) -> Ready:
        """Whatever came; a frame that is cut in two is put together again."""
        content = self._rest + content
        frame = self._kind.itemsize * self._channels
        whole = len(content) - len(content) % frame
        self._rest = content[whole:]
        mono = self._mono(np.frombuffer(content[:whole], self._kind))[: self._left]
        self._left -= len(mono)
        if self._tape:
            self._tape.write(mono)
        return self._flow.feed(mono)

    def end(self) -> tuple[Ready, bytes]:
        """The windows that were still waiting, and the recording as FLAC; empty if it is not kept."""
        return self._flow.end(), self._tape.stop() if self._tape else b""

    def _mono(self, values: NDArray[np.generic]) -> NDArray[np.float32]:
        """As a file of the same samples is decoded, to the last bit."""
        samples = values.astype(np.float32)
        if self._kind.kind == "i":
            samples /= FULL_SCALE
        if not (np.abs(samples) <= LOUDEST).all():  # nor is NaN
            raise Unreadable("The sound holds values that are none.", "Send samples within -1 … 1.")
        return np.asarray(samples.reshape(-1, self._channels).mean(axis=1, dtype=np.float32))


class Tape:
    """What was heard, in mono, as FLAC: half the room of the samples, while it is written."""

    def __init__(self, rate: int) -> None:
        self._file = io.BytesIO()
        self._flac = soundfile.SoundFile(self._file, "w", rate, 1, "PCM_16", format="FLAC")

    def write(self, samples: NDArray[np.float32]) -> None:
        self._flac.write(samples)

    def stop(self) -> bytes:
        self._flac.close()
        return self._file.getvalue()
