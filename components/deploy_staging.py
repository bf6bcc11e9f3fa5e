"""A registered version in; how it bore crowds of users on staging, as gates, out."""

from kfp.dsl import Artifact, Dataset, Input, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def deploy_staging(
    experiment: str,
    workspace: str,
    run: str,
    version: str,
    catalog: Input[Dataset],
    gates: Output[Artifact],
) -> str:
    """Serve the version, as the registry has it, on the staging track, and send crowds of release.users to it.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        version: The version's number in the registry.
        catalog: Where the recordings that are sent come from.
        gates: Each judgement; of a version that has gone further already none.

    Returns:
        pass, fail or inconclusive; pass for a version that has gone further already, which is left alone.
    """
    from components.receipts import say, take, write_gates
    from components.working import working
    from silencio.handover import Kind
    from silencio.release.promote import explain
    from silencio.steps import build, notice, release

    with working("deploy-staging", experiment, workspace) as house:
        recordings = build.unseen_recordings(take(catalog, Kind.CATALOG))
        trial = release.try_staging(house, house.registry.get(version), recordings)
        write_gates(trial.results, gates)
        asked = {"the load test on staging": trial.verdict.value} if trial.results else {}
        notice.note(house, run, verdicts=asked, done=f"Every gate passed: {trial.said}.")
        why = "" if trial.verdict == "pass" else f": {explain(trial.results)}"
        say(f"{trial.verdict}: {trial.said}{why}", gates)
        return trial.verdict.value
