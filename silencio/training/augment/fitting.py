"""Which augmentations fit which front end."""

from silencio.errors import WrongUse
from silencio.settings import Augment, FrontEnd

OF_DECIBELS = ("threshold_db", "same_species", "background", "colour_db", "pitch")
"""What is done to power, or to bands."""
OF_TIME = ("speed",)
# random_start and the masks are on unless somebody turns them off: where there is nothing to turn or to mask, they
# do nothing.


def check(settings: Augment, front_end: FrontEnd) -> None:
    """Raises if something is asked for that the front end leaves no room for."""
    coefficients = front_end.features == "mfcc"
    if coefficients:
        for key in OF_DECIBELS:
            _refuse(settings, key, "mfcc are coefficients, no bands whose power could be changed")
    if coefficients and len(front_end.shape) == 1:
        for key in OF_TIME:
            _refuse(settings, key, f"audio.aggregate is {front_end.aggregate}, which leaves no time")
    if coefficients or front_end.normalize != "none":
        what = "mfcc have" if coefficients else f"audio.normalize {front_end.normalize} leaves"
        _refuse(settings, "gain_db", f"{what} no loudness to change")


def _refuse(settings: Augment, key: str, reason: str) -> None:
    value = getattr(settings, key)
    if value:
        raise WrongUse(f"training.augment.{key} is {value:g}, and {reason}.", "Set it to 0.")
