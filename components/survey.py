"""What there is to learn from, as one digest."""

from kfp.dsl import component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def survey(experiment: str, workspace: str, run: str, feedback: bool) -> str:
    """Look at what was released and what guides said since, without reading any recording.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        feedback: Whether what guides said counts.

    Returns:
        A digest: as long as it stays the same, there is nothing new to ingest.
    """
    from components.receipts import say
    from components.working import working
    from silencio.steps import build, notice

    with working("survey", experiment, workspace) as house:
        notice.begin(house, run)
        found = build.survey(house, feedback)
        say(found[:12])
        return found
