"""A canary that did not do well in, the champion alone out."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def roll_back(experiment: str, workspace: str, version: str, gates: Input[Artifact]) -> None:
    """Take the traffic from the version and archive it; the champion serves on.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.
        gates: What the canary was judged on.
    """
    import json
    from pathlib import Path

    from components.receipts import say
    from silencio.evaluation.gates import GateResult
    from silencio.release.promote import explain
    from silencio.steps import release
    from silencio.steps.house import House

    house = House.of(experiment, workspace)
    judged = [GateResult.from_json(gate) for gate in json.loads(Path(gates.path).read_text())]
    release.roll_back(house, house.registry.get(version), judged, explain(judged))
    say(f"version {version} rolled back: {explain(judged)}")
