"""Which augmentations fit which front end."""

from silencio.errors import WrongUse
from silencio.settings import Augment, FrontEnd

OF_DECIBELS = ("threshold_db", "same_species", "background", "colour_db", "mixstyle", "pitch", "silence")
"""What is done to power, or to bands."""
OF_TIME = ("speed",)
LOUDNESS_LEFT = ("none", "fixed")
"""On these scales a window that is louder is another picture."""
# random_start and the masks are on unless somebody turns them off: where there is nothing to turn or to mask, they
# do nothing.


def check(settings: Augment, front_end: FrontEnd, chooses: bool) -> None:
    """Raises if something is asked for that the front end has no room for, or a model that `chooses` one species."""
    if chooses:
        _refuse(
            settings, "silence", "with cross_entropy a model must choose a species, also where none calls"
        )
    features, no_bands = front_end.features, front_end.features in ("mfcc", "embedding")
    if no_bands:
        for key in OF_DECIBELS:
            _refuse(
                settings,
                key,
                f"audio.features is {features}, which has no bands whose power could be changed",
            )
    if len(front_end.shape) == 1:
        for key in OF_TIME:
            _refuse(settings, key, f"{features} in one row of numbers leaves no time")
    if no_bands or front_end.normalize not in LOUDNESS_LEFT:
        what = f"{features} has" if no_bands else f"audio.normalize {front_end.normalize} leaves"
        _refuse(settings, "gain_db", f"{what} no loudness to change")


def _refuse(settings: Augment, key: str, reason: str) -> None:
    value = getattr(settings, key)
    if value:
        raise WrongUse(f"training.augment.{key} is {value:g}, and {reason}.", "Set it to 0.")
