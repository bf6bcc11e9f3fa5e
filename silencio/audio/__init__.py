"""From bytes to the features of windows: the one path of training, evaluation, batch jobs and the service."""

from silencio.audio.decode import Limits, Unreadable, load
from silencio.audio.features import Features, Scale
from silencio.audio.flow import Flow
from silencio.audio.log_mel import LogMel
from silencio.audio.windows import Windowed, windows_of

__all__ = ["Features", "Flow", "Limits", "LogMel", "Scale", "Unreadable", "Windowed", "load", "windows_of"]
