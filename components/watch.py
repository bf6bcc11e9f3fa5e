"""Whether to train again, and why: what a recurring run begins with."""

from kfp.dsl import HTML, Artifact, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def watch(experiment: str, workspace: str, outlook: Output[Artifact], page: Output[HTML]) -> bool:
    """Look at what there is to learn from, and at what the service hears.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        outlook: Every reason, as JSON.
        page: The drift report.

    Returns:
        Whether there is a reason to train.
    """
    import json
    from pathlib import Path

    from components.receipts import say
    from silencio.steps.house import House
    from silencio.steps.watch import look, report

    house = House.of(experiment, workspace)
    found = look(house)
    Path(outlook.path).write_text(json.dumps(found.to_json(), indent=2))
    Path(page.path).write_bytes(report(house, found).read_bytes())
    why = " ".join(reason.sentence for reason in found.reasons)
    say(why or "nothing new: the champion stays", outlook)
    return found.retrain
