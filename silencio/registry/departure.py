"""Why a version lies in the archive, and whether it may come back by itself, as the promotion record says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from silencio.evaluation.gates import Verdict
from silencio.registry.record import PromotionRecord
from silencio.registry.stages import Stage
from silencio.registry.versions import Version


@dataclass(frozen=True)
class Departure:
    """A version's last move, to the archive."""

    at: str
    came_from: str
    """The stage that it left."""
    reason: str
    replaced: bool
    """Another version took its place, and nothing was said against this one."""

    @property
    def said(self) -> str:
        how = "left" if self.replaced else "was taken from"
        return f"It {how} {self.came_from} at {self.at[:16]} UTC: {self.reason.rstrip('.')}."


def departure(record: PromotionRecord, version: Version) -> Departure | None:
    """None if the version is not in the archive."""
    made = record.verify()
    own = [entry for entry in made if _named(entry.move) == (version.model, version.number)]
    if not own or own[-1].move["stage"] != Stage.ARCHIVED:
        return None
    last, left = own[-1], own[-1].move
    # Moves that only go together share a line.
    instead = [entry.move for entry in made if entry.number == last.number and entry.move is not left]
    refused = any(gate["verdict"] != Verdict.PASS for gate in left["gates"])
    replaced = any(_took_its_place(move, left) for move in instead) and not refused
    return Departure(last.at, left.get("before", ""), left["reason"], replaced)


def _took_its_place(move: Mapping[str, Any], left: Mapping[str, Any]) -> bool:
    """A champion of before that came back is a rollback, which speaks against the one that had to go."""
    came_back = (move["before"], move["stage"]) == (Stage.ARCHIVED, Stage.PRODUCTION)
    return move["stage"] == left["before"] and not came_back


def _named(move: Mapping[str, Any]) -> tuple[str, str]:
    return move["model"], move["version"]
