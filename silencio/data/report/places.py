"""Where: an own map, of the world or of a hillside, that asks no server for anything."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from math import cos, floor, log10, pi, radians, sin
from typing import Any

import polars as pl

from silencio.data.report.markup import Section, figure, key
from silencio.data.report.material import Material
from silencio.data.report.words import gap, plural

KM_PER_DEGREE = 111.32
SMALLEST = 0.02
"""Degrees, about 2 km: what is nearer together is one place."""
LAND = 4
"""Steps a degree of the coastline in land.txt, which is Natural Earth's at 1:110 million (public domain)."""
COASTS_FROM = 3.0
"""Degrees of height: the coastline that we have is too coarse for less."""
SHAPE = 2.0
"""How much wider than high the map is, where the Earth is large enough."""
CELLS = 44
"""Points in the same cell, so many across the map, are one."""


@dataclass(frozen=True)
class Frame:
    """The piece of the Earth that is drawn, in degrees; a degree of longitude is as wide as at its middle."""

    west: float
    south: float
    width: float
    height: float

    @property
    def squeeze(self) -> float:
        return max(cos(radians(self.south + self.height / 2)), 0.2)

    @property
    def shape(self) -> float:
        return self.width * self.squeeze / self.height

    def across(self, longitude: float) -> float:
        return 100 * (longitude - self.west) / self.width

    def down(self, latitude: float) -> float:
        return 100 * (self.south + self.height - latitude) / self.height


def where(material: Material) -> Section:
    total = len(material.recordings)
    placed = material.heard.drop_nulls(["latitude", "longitude"])
    missing = gap(total - placed["id"].n_unique(), total, "a position")
    if placed.is_empty():
        return Section("where", "Where", missing or "<p>There is no recording.</p>")
    frame = frame_around(placed["longitude"].to_list(), placed["latitude"].to_list())
    clusters = _clusters(material, placed, frame)
    sites = placed.select("latitude", "longitude").n_unique()
    about = (
        f"{plural(placed['id'].n_unique(), 'recording')} from {plural(sites, 'position')}. {_extent(frame)}"
    )
    drawing = _map(frame, clusters, f"Map. {about}")
    return Section(
        "where", "Where", figure("Positions", drawing, about=about, key=key(material.colours)) + missing
    )


def frame_around(longitudes: Sequence[float], latitudes: Sequence[float]) -> Frame:
    """A little more than holds all of them."""
    west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
    if east - west > 180:
        return Frame(-180, min(-58.0, south - 2), 360, max(84.0, north + 2) - min(-58.0, south - 2))
    middle = (south + north) / 2
    squeeze = max(cos(radians(middle)), 0.2)
    height = max(1.25 * (north - south), 1.25 * (east - west) * squeeze / SHAPE, SMALLEST)
    width = min(SHAPE * height / squeeze, 360.0)
    return Frame((west + east - width) / 2, middle - height / 2, width, height)


def _clusters(material: Material, placed: pl.DataFrame, frame: Frame) -> list[str]:
    cell = frame.width / CELLS
    binned = placed.group_by(
        ((pl.col("longitude") - frame.west) / cell).floor().alias("x"),
        ((pl.col("latitude") - frame.south) / (cell * frame.squeeze)).floor().alias("y"),
        maintain_order=True,
    ).agg(pl.col("longitude", "latitude").mean(), "class_name", n=pl.col("id").n_unique())
    most = max(binned["n"])
    # The largest first, so that none hides a small one.
    return [
        _cluster(material, frame, row, 4 + 13 * (row["n"] / most) ** 0.5 if most > 1 else 5)
        for row in binned.sort("n", "x", "y", descending=[True, False, False]).iter_rows(named=True)
    ]


def _cluster(material: Material, frame: Frame, row: Mapping[str, Any], radius: float) -> str:
    latitude, longitude = row["latitude"], row["longitude"]
    counts = Counter(material.colour(name) for name in row["class_name"])
    said = ", ".join(f"{name} {counts[kind]}" for kind, name in material.colours if counts[kind])
    slices = _pie([(counts[kind], kind) for kind, _ in material.colours if counts[kind]], radius)
    recordings = plural(row["n"], "recording")
    where = f"{_degrees(latitude, 'NS')}, {_degrees(longitude, 'EW')}"
    return (
        f'<svg class="place" x="{frame.across(longitude):.2f}%" y="{frame.down(latitude):.2f}%">'
        f"<title>{escape(f'{where}: {recordings}; {said}')}</title>{slices}</svg>"
    )


def _pie(counts: Sequence[tuple[int, str]], radius: float) -> str:
    if len(counts) == 1:
        return f'<circle class="{counts[0][1]}" r="{radius:.1f}"/>'
    total, turned, slices = sum(number for number, _ in counts), 0.0, ""
    for number, kind in counts:
        x, y = radius * sin(turned), -radius * cos(turned)
        turned += 2 * pi * number / total
        large = int(2 * number > total)
        slices += (
            f'<path class="{kind}" d="M0 0L{x:.1f} {y:.1f}A{radius:.1f} {radius:.1f} 0 {large} 1 '
            f'{radius * sin(turned):.1f} {-radius * cos(turned):.1f}z"/>'
        )
    return slices


def _map(frame: Frame, clusters: Sequence[str], alt: str) -> str:
    land = ""
    if frame.height >= COASTS_FROM:
        corner = f"{LAND * frame.west:.2f} {-LAND * (frame.south + frame.height):.2f}"
        box = f"{corner} {LAND * frame.width:.2f} {LAND * frame.height:.2f}"
        path = (files("silencio.data.report") / "land.txt").read_text()
        land = f'<svg viewBox="{box}" preserveAspectRatio="none" class="clip"><path class="land" d="{path}"/></svg>'
    return (
        f'<div role="img" aria-label="{escape(alt)}"><svg class="map" width="100%" '
        f'style="aspect-ratio:{frame.shape:.3f}">{land}{"".join(_graticule(frame))}{"".join(clusters)}</svg></div>'
        + _scale_bar(frame)
    )


def _graticule(frame: Frame) -> Iterator[str]:
    step = _round_step(frame.height / 4, (1, 2, 5, 10) if frame.height < 20 else (1, 3, 4.5, 10))
    for k in range(floor(frame.west / step) + 1, floor((frame.west + frame.width) / step) + 1):
        x = frame.across(k * step)
        yield f'<line class="grid" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="100%"/>'
        if 4 < x < 94:
            odd = "odd" if k % 2 else "even"
            yield f'<text class="{odd}" x="{x:.2f}%" y="100%" dx="3" dy="-5">{_degrees(k * step, "EW", step)}</text>'
    for k in range(floor(frame.south / step) + 1, floor((frame.south + frame.height) / step) + 1):
        y = frame.down(k * step)
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:.2f}%" y2="{y:.2f}%"/>'
        if 4 < y < 92:
            yield f'<text x="0" y="{y:.2f}%" dx="4" dy="-4">{_degrees(k * step, "NS", step)}</text>'


def _scale_bar(frame: Frame) -> str:
    """Only where a kilometre is about as long all over the map."""
    across = frame.width * frame.squeeze * KM_PER_DEGREE
    if frame.height > 40:
        return ""
    km = _round_step(across / 8, (1, 2, 5, 10))
    return (
        f'<div class="scale-bar"><i style="width:{100 * km / across:.1f}%"></i>'
        f"{f'{km:,.0f} km' if km >= 1 else f'{1000 * km:,.0f} m'}</div>"
    )


def _extent(frame: Frame) -> str:
    across, down = frame.width * frame.squeeze * KM_PER_DEGREE, frame.height * KM_PER_DEGREE
    if frame.width >= 359:
        return "The map shows the world; circles grow with what was recorded there."
    places = 0 if across >= 10 else 1
    size = f"{across:,.{places}f} km wide and {down:,.{places}f} km high"
    return f"The map is {size}; circles grow with what was recorded there."


def _round_step(least: float, factors: Sequence[float]) -> float:
    power = 10.0 ** floor(log10(least))
    return next(power * factor for factor in factors if power * factor >= least)


def _degrees(value: float, sides: str, step: float = 0.001) -> str:
    digits = max(0, -floor(log10(step) + 1e-9))
    text = f"{abs(value):.{digits}f}"
    return f"{text}°" if not float(text) else f"{text}° {sides[value < 0]}"
