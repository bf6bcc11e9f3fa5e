"""From bytes to log-mel windows: the one feature path of training, evaluation, batch jobs and the service."""

from silencio.audio.decode import Limits, Unreadable, load
from silencio.audio.features import LogMel
from silencio.audio.windows import Windowed, cut, windows_of

__all__ = ["Limits", "LogMel", "Unreadable", "Windowed", "cut", "load", "windows_of"]
