"""A training that is done within a pipeline's run, and whether that run still goes on.

A run is many processes, on a cluster on many machines, of which none lives from its beginning to its end. So nobody
holds a lock for it: what is known is who ran its first step, and since when.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from silencio.serving.process import RunningProcess, born


@dataclass(frozen=True)
class Inside:
    run: str
    """By Kubeflow's name."""
    at: datetime
    """When it began to train."""
    host: str
    pid: int
    born: str
    """Of the process that ran the first step: on this machine it is there for as long as the run is."""

    @classmethod
    def here(cls, run: str, at: datetime) -> Self:
        """Said by a step of the run."""
        pid = os.getppid()
        return cls(run, at, socket.gethostname(), pid, born(pid) or "")

    def is_over(self, now: datetime, longest: timedelta) -> bool:
        """Whether it was killed, as far as can be known from here: of another machine, only that it takes too long."""
        here = self.host == socket.gethostname()
        return now - self.at > longest or (here and not RunningProcess(self.pid, self.born).alive())

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def read(cls, content: Mapping[str, Any] | None) -> Self | None:
        """None of nothing: a process trained."""
        return cls(**{**content, "at": datetime.fromisoformat(content["at"])}) if content else None
