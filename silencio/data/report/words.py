"""How counts, lengths and gaps are said."""

from html import escape

NOTHING = "\N{EN DASH}"


def count(number: int) -> str:
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def length(seconds: float) -> str:
    """In the unit that a person would take."""
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:,.1f} hours"
    if seconds >= 120:
        return f"{seconds / 60:,.0f} minutes"
    return f"{seconds:,.0f} seconds"


def percent(part: float, whole: float) -> str:
    share = part / whole
    return "under 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def rounded(value: float) -> str:
    """To what a reader can take in."""
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def gap(missing: int, of: int, what: str, noun: str = "recording") -> str:
    """A sentence on what the data sets leave open; none where they tell `what`, a rating, say, of all."""
    if not missing:
        return ""
    if missing == of:
        return f'<p class="gap">No {noun} came with {escape(what)}.</p>'
    share = f"{count(missing)} of {plural(of, noun)} ({percent(missing, of)})"
    return f'<p class="gap">{share} came without {escape(what)}.</p>'
