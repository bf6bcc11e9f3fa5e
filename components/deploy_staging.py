"""A registered version in, a service on the staging track out."""

from kfp.dsl import component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def deploy_staging(experiment: str, workspace: str, version: str) -> str:
    """Serve the version, as the registry has it, on the staging track.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.

    Returns:
        The address that it answers at; empty for a version that has gone further already.
    """
    from components.receipts import say
    from silencio.steps import release
    from silencio.steps.house import House

    house = House.of(experiment, workspace)
    registered = house.registry.get(version)
    deployment = release.deploy_staging(house, registered)
    if deployment is None:
        say(f"version {version} is at {registered.stage} already")
        return ""
    say(f"version {version} at {deployment.address}")
    return deployment.address
