"""Who gets how much of the traffic: the one interface that every router keeps."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Protocol

from silencio.errors import WrongUse


class Track(StrEnum):
    """A place that a release is deployed to; what is deployed there is one bundle, by its digest."""

    STAGING = "staging"
    CANARY = "canary"
    PRODUCTION = "production"


TRACK_HEADER = "x-silencio-track"
"""On an answer: who gave it. On a request: who shall answer it, whatever the weights are."""


class Route(NamedTuple):
    address: str
    weight: int
    """Percent of the requests that ask for no track."""


class Router(Protocol):
    def weights(self) -> Mapping[Track, int]:
        """Percent by track; a track without a route is not in it."""
        ...

    def set_routes(self, routes: Mapping[Track, Route]) -> None:
        """Replace all routes at once, without dropping a request."""
        ...


def check_routes(routes: Mapping[Track, Route]) -> None:
    """Weights are whole percents that make up 100, or all 0 while nobody may get any traffic."""
    weights = [route.weight for route in routes.values()]
    if any(weight < 0 for weight in weights) or sum(weights) not in (0, 100):
        said = ", ".join(f"{track} {route.weight}" for track, route in routes.items())
        raise WrongUse(
            f"The weights are {said} percent.", "They must be 0 to 100 and add up to 100, or be all 0."
        )
