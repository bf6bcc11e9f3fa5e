"""A tested bundle in, a version in the registry at stage staging out."""

from kfp.dsl import Artifact, Input, Model, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def register(
    experiment: str, workspace: str, bundle: Input[Model], image: Input[Artifact], gates: Input[Artifact]
) -> str:
    """Register the bundle with MLflow and move it to staging, by way of the promotion record.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        bundle: What is registered.
        image: The container that serves it.
        gates: What the integration test judged.

    Returns:
        The version's number.
    """
    import json
    from pathlib import Path

    from components.receipts import say, take
    from silencio.evaluation.gates import GateResult
    from silencio.handover import Kind
    from silencio.steps import build
    from silencio.steps.house import House

    tested = [GateResult.from_json(gate) for gate in json.loads(Path(gates.path).read_text())]
    house = House.of(experiment, workspace)
    version = build.register(house, take(bundle, Kind.BUNDLE), take(image, Kind.IMAGE), tested)
    say(f"{version.model} version {version.number} at {version.stage}")
    return version.number
