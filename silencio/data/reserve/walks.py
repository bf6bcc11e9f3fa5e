"""What a guide brings home from walks, after the release: as recordists do, through a microphone that may be worn."""

from dataclasses import replace
from datetime import datetime, timedelta

from silencio.data.reserve.recordings import Recording, plan_recordings
from silencio.settings import Reserve

FIRST_DAY = datetime(2025, 4, 1)
"""When all that is released was recorded."""


def plan_walks(settings: Reserve, name: str, recordings: int, days: int, wear: float) -> list[Recording]:
    """Each species in turn, under conditions of the release, by somebody of whom nothing is released. No animal and
    no call is one of the release's, nor of walks with another `name`."""
    planned, each = plan_recordings(settings), settings.recordings_per_species
    walked = []
    for number in range(recordings):
        turn, species = divmod(number, settings.species)
        usual = planned[species * each + turn % each]
        day = FIRST_DAY + timedelta(days=number * days // recordings)
        walked.append(
            replace(
                usual,
                identifier=f"{name}{number + 1:03d}",
                recordist=settings.recordists,
                recorded_at=datetime.combine(day, usual.recorded_at.time()),
                wear=wear,
            )
        )
    return walked
