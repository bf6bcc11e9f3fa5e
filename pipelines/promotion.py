"""From staging, by way of a canary and a person's word, to production; or back."""

from kfp import dsl

from components.canary import canary
from components.promote import promote
from components.roll_back import roll_back
from pipelines.resources import placed


@dsl.pipeline(name="promotion")
def promotion(experiment: str, workspace: str, version: str, recordings: str, approved_by: str = "") -> None:
    """Watch a version on a share of the traffic; promote it if it did well and a person approved.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.
        recordings: JSON list of the paths that are sent.
        approved_by: The person's name. Without one, a good canary stays a canary, and waits.
    """
    where = {"experiment": experiment, "workspace": workspace, "version": version}
    # Traffic is watched anew each time, and moves nothing that already stands where it should.
    watched = placed(canary(**where, recordings=recordings)).set_caching_options(False)
    with dsl.If(watched.outputs["Output"] == "pass", name="did-well"):
        moved = placed(promote(**where, approved_by=approved_by, gates=watched.outputs["gates"]))
        moved.set_caching_options(False)
    with dsl.Else(name="did-not"):
        placed(roll_back(**where, gates=watched.outputs["gates"])).set_caching_options(False)
