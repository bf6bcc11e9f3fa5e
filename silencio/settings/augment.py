"""What is done to windows while a model learns, so that no two epochs are alike."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from silencio.settings.section import Decibels, Section, Share


class Augment(Section):
    """Each is a small thing of its own; docs/augmentation.md shows them. 0 leaves it out.

    What is on from the start does nothing where a front end has no time, or no bands; whatever else is asked for, and
    cannot be done, is refused.
    """

    random_start: bool = True
    """Begin anywhere in the recording, not only where a window begins; one without a next one is turned in time."""
    time_mask: Share = 0.15
    """Of a window's time, the longest stretch that is blanked."""
    frequency_mask: Share = 0.15
    """Of its bands, the widest stretch that is blanked."""
    threshold_db: Annotated[float, Field(ge=0)] = 0.0
    """Whatever is quieter is raised to a drawn level: at most so many decibels above where top_db puts it."""
    same_species: Share = 0.0
    """Of windows, over which a second recording of the same species is laid, as loud."""
    mixup: Annotated[float, Field(ge=0)] = 0.0
    """Two windows laid over each other, whoever calls in them; alpha of the Beta distribution of their shares. Who is
    in either is in both; with cross_entropy, by shares."""
    background: Share = 0.0
    """Of windows, behind which a soundscape is laid in which nobody is known to call."""
    background_snr_db: tuple[Decibels, Decibels] = (0.0, 20.0)
    """How far the window's mean power is above that background's, from the loudest background to the faintest."""
    gain_db: Annotated[float, Field(ge=0)] = 0.0
    """Louder or softer by at most so many decibels, where the front end leaves loudness in."""
    colour_db: Annotated[float, Field(ge=0)] = 0.0
    """Another microphone: a smooth curve over the bands, of at most so many decibels."""
    mixstyle: Share = 0.0
    """Of batches, whose windows each take on some of how loud the bands of another one are, and how far they swing:
    another place."""
    pitch: Annotated[float, Field(ge=0, le=12)] = 0.0
    """Semitones up or down, at most."""
    speed: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Faster or slower by at most this share."""

    silence: Share = 0.0
    """Of windows, in whose place there is silence, or mere noise: nobody calls."""

    @model_validator(mode="after")
    def _loudest_background_first(self) -> Self:
        low, high = self.background_snr_db
        if low > high:
            raise ValueError(
                f"background_snr_db goes from the loudest background to the faintest: [{high:g}, {low:g}]"
            )
        return self
