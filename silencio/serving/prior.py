"""How likely a species is there and then, as far as recordings tell: a nudge to its odds, never a verdict.

People record where they like to walk, so counts are shares of what was recorded nearby, never of what lives there.
Each species' share near the place and month, with a handful of imagined recordings of the usual mix, is compared
with its share everywhere; that ratio goes onto the odds of its probability.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silencio.data.sightings import Sightings

NEAR_KM = 200.0
"""A recording this far away speaks with exp(-1/2) of the weight of one made on the spot."""
NEAR_MONTHS = 1.0
"""The same, for the season."""
DOUBT = 20.0
"""Imagined recordings of the usual mix: with fewer real ones than these, little changes."""
STRONGEST = 5.0
"""At most so many times the odds, or one part in so many: of what a model is sure of, 0.9, at least 0.64 stays."""
EARTH_KM = 6_371.0
SURE = 1e-6
"""No probability is taken to be nearer to 0 or 1 than this: its odds would be infinite."""


@dataclass(frozen=True)
class Spot:
    latitude: float | None
    longitude: float | None
    at: datetime | None

    @property
    def told(self) -> bool:
        return self.latitude is not None or self.at is not None


def odds_there(sightings: Sightings, classes: int, spot: Spot) -> NDArray[np.float64]:
    """How many times likelier than usual each species is at that spot, [classes]: between 1 / STRONGEST and
    STRONGEST, and 1 where nobody recorded anything nearby."""
    table = sightings.table
    if spot.latitude is not None:
        table = table.drop_nulls(["latitude", "longitude"])
    if spot.at is not None:
        table = table.drop_nulls("month")
    species, counts = table["species"].to_numpy(), table["recordings"].to_numpy()
    usual = np.bincount(species, counts, classes) + 1.0 / classes  # every species might be recorded one day
    usual /= usual.sum()
    near = np.bincount(species, counts * _nearness(table, spot), classes)
    there = (near + DOUBT * usual) / (near.sum() + DOUBT)
    return np.asarray(np.clip(there / usual, 1 / STRONGEST, STRONGEST))


def weighted(probabilities: NDArray[np.float32], odds: NDArray[np.float64]) -> NDArray[np.float32]:
    """[windows, classes] with their odds times [classes]; the order of a species' windows stays."""
    bounded = np.clip(probabilities.astype(np.float64), SURE, 1 - SURE)
    ratio = bounded / (1 - bounded) * odds
    changed = ratio / (1 + ratio)
    return np.where(odds == 1, probabilities, changed).astype(np.float32)


def _nearness(table: pl.DataFrame, spot: Spot) -> NDArray[np.float64]:
    """How much each row has to say about the spot, 0 … 1, [rows]"""
    weight = np.ones(len(table))
    if spot.latitude is not None and spot.longitude is not None:
        away = _km(table["latitude"].to_numpy(), table["longitude"].to_numpy(), spot.latitude, spot.longitude)
        weight *= np.exp(-0.5 * (away / NEAR_KM) ** 2)
    if spot.at is not None:
        apart = np.abs(table["month"].to_numpy() - spot.at.month)
        weight *= np.exp(-0.5 * (np.minimum(apart, 12 - apart) / NEAR_MONTHS) ** 2)
    return weight


def _km(
    latitudes: NDArray[np.float64], longitudes: NDArray[np.float64], latitude: float, longitude: float
) -> NDArray[np.float64]:
    """Along the great circle, [places]"""
    here, there = np.radians(latitude), np.radians(latitudes)
    across = np.sin((there - here) / 2) ** 2
    along = np.cos(here) * np.cos(there) * np.sin(np.radians(longitudes - longitude) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(1, across + along))))
