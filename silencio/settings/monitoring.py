"""When to train again without being asked."""

from typing import Annotated

from pydantic import Field

from silencio.settings.section import Count, Section, Share


class Monitoring(Section):
    """What makes `silencio watch` call for a training. Nothing here shapes what a training gives."""

    new_recordings: Count = 1
    """Released since the champion learnt; fewer wait for more."""
    corrections: Count = 20
    """By guides since the champion learnt; fewer wait for more."""
    every_days: Annotated[float, Field(gt=0)] | None = None
    """A training that often, whatever happened; none: no schedule."""
    oldest_days: Annotated[float, Field(gt=0)] | None = 180.0
    """A champion that has been in production for longer is too old; none: never."""
    hours_between: Annotated[float, Field(ge=0)] = 24.0
    """At least, from the beginning of one training that `silencio watch --act` starts to that of the next."""
    attempts: Count = 3
    """Of a training that is interrupted or breaks, before it is given up."""
    longest_hours: Annotated[float, Field(gt=0)] = 48.0
    """For which a training within a pipeline's run is waited for: if it was not told by then how the run ended, the run
    was lost."""
    false_alarms_a_month: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of all drift tests together, on recordings that do not drift."""
    fewest_recordings: Annotated[int, Field(ge=4)] = 8
    """That drift is judged on: a day with fewer is judged together with those that follow."""
    looks_back_days: Annotated[float, Field(gt=7)] = 60.0
    """How far back what was heard is looked at; never beyond the champion's first day."""
    wrong_margin: Share = 0.1
    """Guides speak up where the answer is wrong: so much larger than on the recordings that judged may be the share of
    wrong answers among those that they judge."""
    act: tuple[str, ...] = ()
    """The command that trains; none: `silencio pipeline run` of this experiment."""
