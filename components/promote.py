"""A canary that did well in, production out."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def promote(experiment: str, workspace: str, version: str, approved_by: str, gates: Input[Artifact]) -> str:
    """Give the version all the traffic, in the name of the person who approved.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.
        approved_by: The person's name; without one nothing is promoted.
        gates: What the canary was judged on.

    Returns:
        The stage that the version stands at.
    """
    import json
    from pathlib import Path

    from components.receipts import say
    from silencio.evaluation.gates import GateResult
    from silencio.steps import release
    from silencio.steps.house import House

    house = House.of(experiment, workspace)
    if not approved_by:
        say(f"version {version} waits on canary for a person's approval")
        return "canary"
    judged = [GateResult.from_json(gate) for gate in json.loads(Path(gates.path).read_text())]
    promoted = release.finish(house, house.registry.get(version), judged, approved_by)
    say(f"version {version} at {promoted.stage}, approved by {approved_by}")
    return promoted.stage.value
