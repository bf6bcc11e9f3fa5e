"""What the tests found, as people say it."""

from math import inf

from silencio.monitoring.blocks import DAYS_OF_A_MONTH, span
from silencio.monitoring.drift import LOOKS, Look
from silencio.monitoring.judges import ALL, Aspect

TITLES = {
    Aspect.INPUT: "How recordings sound",
    Aspect.CALLS: "How each species calls",
    Aspect.CONFIDENCE: "How sure the model is",
    Aspect.LABELS: "Which species are heard",
    Aspect.FEEDBACK: "How often guides say that it is wrong",
}
FEW_MONTHS, MONTHS_OF_A_YEAR = 24, 12


def of_alarm(look: Look) -> str:
    """A sentence."""
    return f"{_what(look)}, {span(look.block)}: as strange by chance {seldom(look)}."


def _what(look: Look) -> str:
    n, strange = look.strange.recordings, look.strange
    of = f"{n} recordings" if strange.whose == ALL else f"{n} recordings of {strange.whose}"
    match look.test:
        case Aspect.INPUT:
            band = max(range(len(strange.moved)), key=lambda k: abs(strange.moved[k]))
            return f"{of} sound otherwise, by up to {abs(strange.moved[band]):.1f} dB in a band"
        case Aspect.CALLS:
            species = "" if strange.whose == ALL else f" taken for {strange.whose}"
            return f"In {n} recordings what calls{species} stands out at other pitches than it used to"
        case Aspect.CONFIDENCE:
            less = "less" if strange.moved[0] < 0 else "more"
            return f"The model is {less} sure than it used to be, in {of}"
        case Aspect.LABELS:
            return f"Other species are heard than usual, in {of}"
        case Aspect.FEEDBACK:
            return f"Guides say more often than expected that the answer is wrong, of {of}"


def seldom(look: Look) -> str:
    """How often one of such looks is as strange, such as `once in 8 months`."""
    a_month = look.strange.p * LOOKS[look.pace]
    months = 1 / a_month if a_month else inf
    if months < 1:
        return f"once in {max(round(months * DAYS_OF_A_MONTH), 1)} days"
    if months < FEW_MONTHS:
        return f"once in {round(months)} months"
    years = months / MONTHS_OF_A_YEAR
    return f"once in {years:,.0f} years" if years < 1000 else "less than once in 1,000 years"
