"""The part that thresholds are set on: some of those that would have validated, and now choose no epoch.

A threshold that is set on what also chose the epoch is set on the model's good luck: it holds less elsewhere.
"""

import logging
from collections.abc import Collection

from silencio.data.split.dealing import Unit, deal

log = logging.getLogger(__name__)

VALIDATION, THRESHOLDS = "validation", "thresholds"


def set_apart(
    validating: Collection[Unit], sites: Collection[str], share: float, seed: int
) -> dict[str, str]:
    """The part of each unit that would validate: validation or thresholds. No other unit is asked.

    Sites, which are labelled in time and hear what the service will hear, are what thresholds are set on wherever one
    validates: they are dealt and the clips stay, for beside them clips would judge nothing. At least one unit stays.
    """
    judges = [unit for unit in validating if unit.name in sites]
    others = [unit for unit in validating if unit.name not in sites]
    stay = {unit.name: VALIDATION for unit in validating}
    if not share or not validating:
        return stay
    if len(validating) == 1:
        log.warning(
            "thresholds are set on the validation part, which chooses the epoch, too: %s is all there is",
            next(iter(stay)),
        )
        return stay
    if len(judges) == 1:
        return {**stay, judges[0].name: THRESHOLDS}
    dealt = deal(judges or others, {VALIDATION: 1 - share, THRESHOLDS: share}, seed)
    if VALIDATION not in dealt.values():
        smallest = min(judges or others, key=lambda unit: (unit.recordings, unit.name))
        dealt[smallest.name] = VALIDATION
    return {**stay, **dealt}
