"""Embeddings: what a model that others trained, an ONNX file, makes of a window's samples.

    embed = Embedding(found(front_end, workspace.root))
    embed(window, real)

One thread and one window at a time, so that the numbers are the same whoever asks, and with whatever others.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from silencio.audio.decode import Unreadable
from silencio.errors import WrongUse
from silencio.identity import digest_of_file
from silencio.settings import FrontEnd

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float32]
WEIGHTS = Path("raw/weights")
USUAL = ("embedding", "embeddings")
"""How models with several outputs call the one that is meant."""
LARGEST = float(np.finfo(np.float16).max)
"""Stores of windows hold float16."""


def found(front_end: FrontEnd, root: Path) -> FrontEnd:
    """With the whole path of its embedding model, in whichever place of the workspace it lies; others as they are."""
    named = front_end.embedding_model
    if named is None:
        return front_end
    places = [named, root / named, root / WEIGHTS / named]
    for place in places:
        if place.is_file():
            return front_end.at(place.resolve())
    raise WrongUse(
        f"audio.embedding_model names {named}, and there is no such file: neither "
        f"{' nor '.join(str(place) for place in dict.fromkeys(places))}.",
        f"Put it into {root / WEIGHTS}; docs/weights.md says which file is whose, and where it is published.",
    )


def verified(front_end: FrontEnd) -> Path:
    """The file of a front end whose embedding model was found; raises if it is another than is meant."""
    path = front_end.embedding_model
    if path is None or not path.is_file():
        raise WrongUse(
            f"The embedding model {path} is not there.",
            "Put it back; machines that share the work must see it at the same path.",
        )
    if (is_there := digest_of_file(path)) != front_end.embedding_digest:
        raise WrongUse(
            f"{path} has the digest {is_there}, and audio.embedding_digest is {front_end.embedding_digest}.",
            "It is another file than was meant, or was damaged on its way: bring it again.",
        )
    return path


class Embedding:
    """Holds the session, so make one and keep it; threads may share it."""

    def __init__(self, front_end: FrontEnd) -> None:
        """Raises if the file is another than the settings say, or does not take the front end's windows."""
        self._front_end, self._path = front_end, verified(front_end)
        self._session = self._open()
        self._input, self._shape = self._entrance()
        self._output = self._exit()
        # Whatever else does not fit shows on a first window; and the first run allocates.
        self(np.zeros(front_end.window_samples, np.float32), front_end.window_samples)

    def __call__(self, window: Floats, real: int) -> Floats:
        """One window [samples] to [embedding]; its padding is heard, as the silence that it is."""
        heard = as_loud_as(self._front_end.embedding_peak, window).reshape(self._shape)
        given = np.asarray(self._session.run([self._output], {self._input: heard})[0], np.float32).ravel()
        if given.size != self._front_end.embedding_size:
            raise WrongUse(
                f"{self._path.name} gives {given.size} numbers for a window (output {self._output}), "
                f"and audio.embedding_size is {self._front_end.embedding_size}.",
                f"Set it to {given.size}, or name another output in audio.embedding_output.",
            )
        if not np.abs(given).max() <= LARGEST:
            raise Unreadable(
                f"{self._path.name} gives numbers for it that are none, or beyond {LARGEST:g}.",
                "Export the recording as 16-bit WAV; if all are so, the model is not for this front end.",
            )
        return given

    def _open(self) -> "InferenceSession":
        try:
            # Whoever looks at pictures does without.
            from silencio.audio.onnx_session import REFUSALS, open_session
        except ImportError as error:
            raise WrongUse(
                "audio.features is embedding, which needs onnxruntime, and that is not installed.",
                "Install silencio[serve].",
            ) from error
        try:
            return open_session(self._path)
        except REFUSALS as error:
            raise WrongUse(
                f"{self._path} is no model that ONNX Runtime can open: {error}.",
                "audio.embedding_model must be an ONNX file, whole, and with its weights inside.",
            ) from error

    def _entrance(self) -> tuple[str, tuple[int, ...]]:
        """The input's name, and the shape in which it takes one window."""
        entrances = self._session.get_inputs()
        if len(entrances) != 1 or entrances[0].type != "tensor(float)":
            found = ", ".join(f"{entrance.name} {entrance.type}" for entrance in entrances)
            raise WrongUse(
                f"{self._path.name} takes {found}, and an embedding model takes one tensor(float), the samples.",
                "Export it with the waveform as its only input.",
            )
        *others, length = entrances[0].shape or [None]
        samples, front_end = self._front_end.window_samples, self._front_end
        if isinstance(length, int) and length != samples:
            raise WrongUse(
                f"{self._path.name} takes {length} samples, and a window of audio.window_seconds "
                f"{front_end.window_seconds:g} at audio.sample_rate {front_end.sample_rate} has {samples}.",
                f"Set audio.window_seconds to {length / front_end.sample_rate:g}, or audio.sample_rate to the model's.",
            )
        if any(isinstance(side, int) and side != 1 for side in others):
            raise WrongUse(
                f"{self._path.name} takes {entrances[0].shape}, and a window is one row of {samples} samples.",
                "Export it for one channel, with a batch of any size or of 1.",
            )
        return entrances[0].name, (*[1] * len(others), samples)

    def _exit(self) -> str:
        names = [str(output.name) for output in self._session.get_outputs()]
        wanted = self._front_end.embedding_output
        meant = [name for name in names if name == wanted or (wanted is None and name in USUAL)]
        if meant or (wanted is None and len(names) == 1):
            return (meant or names)[0]
        said = (
            f"audio.embedding_output is {wanted}" if wanted else "audio.embedding_output names none of them"
        )
        raise WrongUse(
            f"{self._path.name} gives {', '.join(names)}, and {said}.", "Name the one that is meant."
        )


def as_loud_as(peak: float | None, window: Floats) -> Floats:
    """Without its mean, and its loudest sample at the peak; silence stays silence. [samples] to [samples]"""
    if peak is None:
        return window
    centred: Any = window - window.mean()
    loudest = np.abs(centred).max()
    return np.asarray(centred * (np.float32(peak) / loudest) if loudest > 0 else centred, np.float32)
