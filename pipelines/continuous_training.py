"""From recordings to a version on staging."""

from kfp import dsl

from components.champion import champion
from components.deploy_staging import deploy_staging
from components.evaluate import evaluate
from components.features import features
from components.ingest import ingest
from components.integration_test import integration_test
from components.optimize import optimize
from components.package import package
from components.refuse import refuse
from components.register import register
from components.retrain import retrain
from components.survey import survey
from pipelines.resources import placed


@dsl.pipeline(name="continuous-training")
def continuous_training(experiment: str, workspace: str, feedback: bool = True) -> None:
    """Train a candidate, judge it against the champion, make it small, test it, package it, put it on staging.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        feedback: Whether what guides said since the release is trained on.
    """
    where = {"experiment": experiment, "workspace": workspace}
    # Recordings, corrections and the registry change between runs: they are looked at every time.
    found = placed(survey(**where, feedback=feedback)).set_caching_options(False)
    catalog = placed(ingest(**where, feedback=feedback, survey=found.output)).outputs["catalog"]
    windows = placed(features(**where, catalog=catalog)).outputs["windows"]
    checkpoint = placed(retrain(**where, catalog=catalog, windows=windows)).outputs["checkpoint"]
    rival = placed(champion(**where, checkpoint=checkpoint)).set_caching_options(False).output
    learned = {"catalog": catalog, "windows": windows, "checkpoint": checkpoint, "champion": rival}
    judged = placed(evaluate(**where, **learned))
    with dsl.If(judged.outputs["Output"] == "pass", name="good-enough"):
        bundle = placed(optimize(**where, **learned)).outputs["bundle"]
        tested = placed(integration_test(**where, catalog=catalog, bundle=bundle))
        with dsl.If(tested.outputs["Output"] == "pass", name="service-works"):
            image = placed(package(**where, bundle=bundle)).outputs["image"]
            version = placed(register(**where, bundle=bundle, image=image, gates=tested.outputs["gates"]))
            version.set_caching_options(False)
            placed(deploy_staging(**where, version=version.output)).set_caching_options(False)
        with dsl.Else(name="service-broken"):
            placed(refuse(gate="the integration test", verdict=tested.outputs["Output"]))
    with dsl.Else(name="not-good-enough"):
        placed(refuse(gate="offline evaluation", verdict=judged.outputs["Output"]))
