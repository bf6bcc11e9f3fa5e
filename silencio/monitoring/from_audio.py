"""Recordings on disk, as monitoring sees them: heard once with a bundle, and remembered."""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from silencio.audio import Features, Unreadable, windows_of
from silencio.monitoring.from_windows import observed
from silencio.monitoring.heard import Heights, Observed
from silencio.monitoring.spectrum import heights_of
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.model import Model

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recorded:
    path: Path
    at: datetime
    """By the clock of the place."""
    recorder: str | None = None
    calling: str | None = None
    """The species that a guide says calls; None: nobody said."""


@dataclass(frozen=True)
class HeardInFiles:
    """What `bundle` hears in them. `memory` is a folder where that is kept, so that none is heard twice."""

    bundle: Bundle
    recordings: Sequence[Recorded]
    memory: Path

    def since(self, moment: datetime) -> Iterator[Observed]:
        for recording in self.recordings:
            if recording.at >= moment:
                told = self._told(recording)
                if told is not None:
                    yield told

    def _told(self, recording: Recorded) -> Observed | None:
        """None where the file is gone or cannot be heard: retention takes audio away."""
        kept = self.memory / f"{hashlib.sha256(recording.path.name.encode()).hexdigest()[:32]}.json"
        if kept.exists():
            heard = json.loads(kept.read_text())
        else:
            try:
                windowed = windows_of(recording.path, self._features)
            except (Unreadable, FileNotFoundError) as error:
                log.info("%s tells nothing of drift: %s", recording.path.name, error)
                return None
            heights = heights_of(windowed.features, windowed.scale, self.bundle.front_end)
            said = self._model.probabilities(windowed.features).max(axis=0)
            heard = {
                "quiet": heights.quiet.tolist() if heights else None,
                "calls": heights.calls.tolist() if heights else None,
                "said": said.tolist(),
            }
            self.memory.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(".partial")
            partial.write_text(json.dumps(heard))
            partial.replace(kept)
        known = heard["quiet"] is not None
        heights = Heights(np.array(heard["quiet"]), np.array(heard["calls"])) if known else None
        seen = Observed(recording.at, recording.recorder, heights)
        calling = frozenset({recording.calling}) if recording.calling else None
        codes = [species.code for species in self.bundle.species]
        return observed(seen, np.array(heard["said"]), codes, self.bundle.thresholds, calling)

    @cached_property
    def _features(self) -> Features:
        return Features(self.bundle.front_end)

    @cached_property
    def _model(self) -> Model:
        return self.bundle.model()
