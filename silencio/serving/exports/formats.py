"""Which format an answer has: by `?format=`, or by what the caller accepts."""

from silencio.serving.exports import audacity, birdclef, raven
from silencio.serving.findings import Findings
from silencio.serving.problems import Problem
from silencio.serving.wish import Format

MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "raven": "text/tab-separated-values",
    "audacity": "text/plain",
}
SUFFIXES: dict[Format, str] = {
    "json": ".json",
    "csv": ".csv",
    "raven": ".Table.1.selections.txt",
    "audacity": ".txt",
}


def text_of(findings: Findings, format: Format, merge: bool = False) -> str:
    """Of the formats that are tables; JSON is the API's own."""
    if format == "csv":
        return birdclef.text(findings)
    return raven.text(findings, merge) if format == "raven" else audacity.text(findings, merge)


def accepted(header: str | None) -> Format:
    """The format that a request's `Accept` likes best; of equals, the one above the others here."""
    if not header:
        return "json"
    liked = dict(_ranges(header))
    best = max(MEDIA_TYPES, key=lambda one: _quality(MEDIA_TYPES[one], liked))
    if not _quality(MEDIA_TYPES[best], liked):
        raise Problem(
            406, f"No answer is {header[:100]!r}.", f"Accept one of {', '.join(MEDIA_TYPES.values())}."
        )
    return best


def _ranges(header: str) -> list[tuple[str, float]]:
    """Media ranges, each with its quality from 0 to 1; what is no number is 0."""
    ranges = []
    for part in header.split(",")[:32]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        ranges.append((name, float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0))
    return ranges


def _quality(media_type: str, liked: dict[str, float]) -> float:
    """What names it most closely decides."""
    family = media_type.partition("/")[0] + "/*"
    return next((liked[name] for name in (media_type, family, "*/*") if name in liked), 0.0)
