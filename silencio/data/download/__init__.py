"""Bring recordings over HTTP: several at a time, patiently, and on again where an earlier run was stopped."""

from silencio.data.download.patience import Patience
from silencio.data.download.run import FAILED, Failure, by_reason, download

__all__ = ["FAILED", "Failure", "Patience", "by_reason", "download"]
