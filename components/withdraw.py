"""A version that did not bear staging in; the same in the archive, with the reason, out."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def withdraw(experiment: str, workspace: str, version: str, gates: Input[Artifact]) -> None:
    """Archive the version with the reason in the promotion record. One that has gone further meanwhile is left alone.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.
        gates: What it was judged on.
    """
    from components.receipts import read_gates, say
    from components.working import working
    from silencio.release.promote import explain
    from silencio.steps import release

    with working("withdraw", experiment, workspace) as house:
        judged = read_gates(gates)
        left = release.withdraw(house, house.registry.get(version), judged, explain(judged))
        say(f"version {version} at {left.stage}")
