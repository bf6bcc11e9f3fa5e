"""From staging, by way of a canary and a person's word, to production; or back."""

from kfp import dsl
from kfp.dsl import PIPELINE_JOB_ID_PLACEHOLDER as THIS_RUN

from components.canary import canary
from components.notify import notify
from components.promote import promote
from components.roll_back import roll_back
from pipelines.resources import looking


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
    noting = {"experiment": experiment, "workspace": workspace, "run": THIS_RUN}
    # Traffic is watched anew each time, and moves nothing that already stands where it should.
    with dsl.ExitHandler(looking(notify(**noting)), name="run"):
        watched = looking(canary(**noting, version=version, recordings=recordings))
        moved = {**noting, "version": version, "gates": watched.outputs["gates"]}
        with dsl.If(watched.outputs["Output"] == "pass", name="did-well"):
            looking(promote(**moved, approved_by=approved_by))
        with dsl.Else(name="did-not"):
            looking(roll_back(**moved))
