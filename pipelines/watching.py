"""Whether there is a reason to train, and only then from recordings to a version on staging: what schedules run."""

from kfp import dsl
from kfp.dsl import PIPELINE_JOB_ID_PLACEHOLDER as THIS_RUN

from components.notify import notify
from components.watch import watch
from pipelines.continuous_training import chain
from pipelines.resources import looking


@dsl.pipeline(name="watching")
def watching(experiment: str, workspace: str, feedback: bool = True) -> None:
    """Look at what came in and at what the service hears; train where that is a reason that nobody trained for yet.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        feedback: Whether what guides said since the release is trained on.
    """
    noting = {"experiment": experiment, "workspace": workspace, "run": THIS_RUN}
    with dsl.ExitHandler(looking(notify(**noting)), name="run"):
        asked = looking(watch(**noting, feedback=feedback))
        with dsl.If(asked.outputs["Output"] == True, name="reason-to-train"):  # noqa: E712  Kubeflow compares, later
            chain(experiment, workspace, feedback)
