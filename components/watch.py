"""Whether to train again, and why: what a recurring run begins with."""

from kfp.dsl import HTML, Artifact, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def watch(
    experiment: str, workspace: str, run: str, feedback: bool, outlook: Output[Artifact], page: Output[HTML]
) -> bool:
    """Look at what there is to learn from, and at what the service hears; if this run is to train, remember that.

    One training at a time, not too often, and for the same reasons once. A step that is tried again decides the same.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, which is remembered as the one that trains.
        feedback: Whether the training would learn from what guides said since the release.
        outlook: Every reason, as JSON.
        page: The drift report.

    Returns:
        Whether the run is to train.
    """
    import json
    from pathlib import Path

    from components.receipts import say
    from components.working import working
    from silencio.steps import inside, notice
    from silencio.steps.watch import look, report

    with working("watch", experiment, workspace) as house:
        notice.begin(house, run)
        found = look(house, with_feedback=feedback)
        Path(outlook.path).write_text(json.dumps(found.to_json(), indent=2))
        Path(page.path).write_bytes(report(house, found).read_bytes())
        action = inside.begin(house, found.reasons, run)
        why = [reason.sentence for reason in found.reasons]
        said = " ".join([*why, action.said]) if why or action.started else "Nothing new: the champion stays."
        if action.started:
            notice.note(house, run, why=said)
        else:
            notice.note(house, run, done=said)
        say(said, outlook)
        return action.started
