"""From recordings to a version on staging."""

from kfp import dsl
from kfp.dsl import PIPELINE_JOB_ID_PLACEHOLDER as THIS_RUN

from components.champion import champion
from components.deploy_staging import deploy_staging
from components.ensemble import ensemble
from components.evaluate import evaluate
from components.features import features
from components.ingest import ingest
from components.integration_test import integration_test
from components.members import members
from components.notify import notify
from components.optimize import optimize
from components.package import package
from components.refuse import refuse
from components.register import register
from components.retrain import retrain
from components.survey import survey
from components.withdraw import withdraw
from pipelines.resources import at_once, looking, placed


def _said(step: dsl.PipelineTask) -> dict[str, object]:
    return {"verdict": step.outputs["Output"], "gates": step.outputs["gates"]}


def chain(experiment: str, workspace: str, feedback: bool) -> None:
    """The steps of a training, of whichever pipeline they are a part: called within its exit handler."""
    where = {"experiment": experiment, "workspace": workspace}
    noting = {**where, "run": THIS_RUN}
    # Recordings, corrections and the registry change between runs: who looks at them looks every time.
    # The first step is the one that notes that the run began.
    surveyed = looking(survey(**noting, feedback=feedback))
    models = placed(members(**where).after(surveyed)).output
    catalog = placed(ingest(**where, feedback=feedback, survey=surveyed.output)).outputs["catalog"]
    windows = placed(features(**where, catalog=catalog)).outputs["windows"]
    data = {"catalog": catalog, "windows": windows}
    with dsl.ParallelFor(models, parallelism=at_once(), name="each-model") as model:
        trained = placed(retrain(**where, member=model, **data)).outputs["checkpoint"]
    joined = placed(ensemble(**where, **data, members=dsl.Collected(trained)))
    checkpoint = joined.outputs["checkpoint"]
    rival = looking(champion(**noting, checkpoint=checkpoint)).output
    learned = {**data, "checkpoint": checkpoint, "champion": rival}
    judged = placed(evaluate(**where, **learned))
    with dsl.If(judged.outputs["Output"] == "pass", name="good-enough"):
        bundle = placed(optimize(**where, **learned)).outputs["bundle"]
        tested = placed(integration_test(**where, catalog=catalog, bundle=bundle))
        with dsl.If(tested.outputs["Output"] == "pass", name="service-works"):
            image = placed(package(**where, bundle=bundle)).outputs["image"]
            gates = tested.outputs["gates"]
            version = looking(register(**noting, bundle=bundle, image=image, gates=gates)).output
            tried = looking(deploy_staging(**noting, version=version, catalog=catalog))
            with dsl.If(tried.outputs["Output"] != "pass", name="staging-overrun"):
                left = looking(withdraw(**where, version=version, gates=tried.outputs["gates"]))
                looking(refuse(**noting, gate="the load test on staging", **_said(tried))).after(left)
        with dsl.Else(name="service-broken"):
            looking(refuse(**noting, gate="the integration test", **_said(tested)))
    with dsl.Else(name="not-good-enough"):
        looking(refuse(**noting, gate="offline evaluation", **_said(judged)))


@dsl.pipeline(name="continuous-training")
def continuous_training(experiment: str, workspace: str, feedback: bool = True) -> None:
    """Train a candidate, judge it against the champion, make it small, test it, package it, put it on staging.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        feedback: Whether what guides said since the release is trained on.
    """
    with dsl.ExitHandler(
        looking(notify(experiment=experiment, workspace=workspace, run=THIS_RUN)), name="run"
    ):
        chain(experiment, workspace, feedback)
