"""What a warm start begins with."""

from pathlib import Path
from typing import TYPE_CHECKING

from silencio.steps.house import House

# Rooms are imported by the steps that need them: a step that finds its work done must not wait for torch.
if TYPE_CHECKING:
    from silencio.data.windows.store import Windows
    from silencio.training.warm_start import Ancestor


def ancestor(house: House, windows: "Windows", weights: Path | None) -> "Ancestor | None":
    """The checkpoint of the champion in production, unless this very training made it; None if there is none.

    Then it is the one that the champion began with: a training that is repeated after its promotion asks what it
    asked before, and finds everything done.
    """
    from silencio.registry.checkpoints import checkpoint_of, checkpoint_with
    from silencio.registry.runs import Runs
    from silencio.registry.stages import Stage
    from silencio.training.run import is_a_round_of
    from silencio.training.warm_start import Ancestor

    version = house.registry.at(Stage.PRODUCTION)
    if version is None:
        return None
    runs = Runs(house.site, house.workspace)
    champion = checkpoint_of(version, house.registry, house.workspace, runs)
    inputs = champion.facts["inputs"]
    if not is_a_round_of(house.experiment, windows, weights, inputs):
        return Ancestor.of(champion)
    before = inputs["ancestor"]
    return (
        Ancestor(before, lambda: checkpoint_with(before, house.registry, house.workspace, runs))
        if before
        else None
    )
