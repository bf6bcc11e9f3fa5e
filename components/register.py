"""A tested bundle in, a version in the registry at stage staging out."""

from kfp.dsl import Artifact, Input, Model, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def register(
    experiment: str,
    workspace: str,
    run: str,
    bundle: Input[Model],
    image: Input[Artifact],
    gates: Input[Artifact],
) -> str:
    """Register the bundle with MLflow and move it to staging, by way of the promotion record.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        bundle: What is registered.
        image: The container that serves it.
        gates: What the integration test judged.

    Returns:
        The version's number.
    """
    from components.receipts import read_gates, say, take
    from components.working import working
    from silencio.evaluation.report import PAGE
    from silencio.handover import Kind
    from silencio.optimize.bundle import REPORT
    from silencio.steps import build, notice

    with working("register", experiment, workspace) as house:
        tested, found = read_gates(gates), take(bundle, Kind.BUNDLE)
        version = build.register(house, found, take(image, Kind.IMAGE), tested)
        passed = {"offline evaluation": "pass", "the integration test": "pass"}
        links = {"report": str(found / REPORT / PAGE)}
        notice.note(house, run, verdicts=passed, links=links, version=version.number)
        say(f"{version.model} version {version.number} at {version.stage}")
        return version.number
