"""A canary that did not do well in, the champion alone out."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def roll_back(experiment: str, workspace: str, run: str, version: str, gates: Input[Artifact]) -> None:
    """Take the traffic from the version and archive it; the champion serves on.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        version: The version's number in the registry.
        gates: What the canary was judged on.
    """
    from components.receipts import read_gates, say
    from components.working import working
    from silencio.release.promote import explain
    from silencio.steps import notice, release

    with working("roll-back", experiment, workspace) as house:
        judged = read_gates(gates)
        release.roll_back(house, house.registry.get(version), judged, explain(judged))
        said = f"version {version} rolled back: {explain(judged)}"
        notice.note(house, run, refused=f"{said[0].upper()}{said[1:]}")
        say(said)
