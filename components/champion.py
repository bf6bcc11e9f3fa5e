"""A candidate's checkpoint in, the bundle that it is to be compared with out."""

from kfp.dsl import Input, Model, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def champion(experiment: str, workspace: str, run: str, checkpoint: Input[Model]) -> str:
    """Look up what serves production now.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        checkpoint: The candidate's.

    Returns:
        The receipt of the champion's bundle; empty if there is none yet. It is no artifact, for what is compared
        with it has to be done again only when the champion is another one, not whenever it was looked up.
    """
    from components.receipts import say, take
    from components.working import working
    from silencio.handover import Kind
    from silencio.steps import build, notice

    with working("champion", experiment, workspace) as house:
        candidate = take(checkpoint, Kind.CHECKPOINT)
        if tracked := build.tracked_at(house, candidate):
            notice.note(house, run, links={"training": tracked})
        found = build.champion(house, candidate)
        say(f"bundle {found.digest[:12]}" if found else "none yet")
        return found.receipt().to_text() if found else ""
