"""An experiment in, the models that it is to train out."""

from kfp.dsl import component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def members(experiment: str, workspace: str) -> list[str]:
    """Name each model that is trained by itself: an ensemble's members, or the one that there is.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.

    Returns:
        A name each, which is also what their trainings are told apart by.
    """
    from components.receipts import say
    from components.working import working
    from silencio.steps.ensemble import members_of

    with working("members", experiment, workspace) as house:
        names = list(members_of(house.experiment))
        say(", ".join(names))
        return names
