"""A canary that did well in, production out."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def promote(
    experiment: str, workspace: str, run: str, version: str, approved_by: str, gates: Input[Artifact]
) -> str:
    """Give the version all the traffic, in the name of the person who approved.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        version: The version's number in the registry.
        approved_by: The person's name; without one nothing is promoted.
        gates: What the canary was judged on.

    Returns:
        The stage that the version stands at.
    """
    from components.receipts import read_gates, say
    from components.working import working
    from silencio.steps import notice, release

    with working("promote", experiment, workspace) as house:
        if not approved_by:
            waits = f"version {version} waits on canary for a person's approval"
            notice.note(house, run, done=f"{waits[0].upper()}{waits[1:]}.")
            say(waits)
            return "canary"
        promoted = release.finish(house, house.registry.get(version), read_gates(gates), approved_by)
        said = f"version {version} at {promoted.stage}, approved by {approved_by}"
        notice.note(house, run, done=f"{said[0].upper()}{said[1:]}.")
        say(said)
        return promoted.stage.value
