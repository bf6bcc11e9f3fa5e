"""Whose turn it is, by weight and without chance: a canary at 20 % answers exactly 20 of 100 requests."""

from collections.abc import Mapping

from silencio.release.router import Track


class Turns:
    """Smooth weighted round robin, as nginx does it: exact over every round of 100, and spread within it."""

    def __init__(self, weights: Mapping[Track, int]) -> None:
        self._weights = {track: weight for track, weight in weights.items() if weight > 0}
        self._credit = dict.fromkeys(self._weights, 0)

    def next(self) -> Track | None:
        """None if no track has any weight."""
        if not self._weights:
            return None
        for track, weight in self._weights.items():
            self._credit[track] += weight
        richest = max(self._credit, key=self._credit.__getitem__)
        self._credit[richest] -= sum(self._weights.values())
        return richest
