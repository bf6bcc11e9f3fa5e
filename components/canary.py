"""A staged version in; how it does beside the champion on real requests, as gates, out."""

from kfp.dsl import Artifact, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def canary(
    experiment: str, workspace: str, run: str, version: str, recordings: str, gates: Output[Artifact]
) -> str:
    """Give the version its share of the traffic and watch it: errors, latency, agreement.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        version: The version's number in the registry.
        recordings: JSON list of the paths that are sent.
        gates: Each judgement.

    Returns:
        pass, fail or inconclusive.
    """
    import json
    from pathlib import Path

    from components.receipts import say, write_gates
    from components.working import working
    from silencio.release.promote import explain
    from silencio.steps import notice, release

    with working("canary", experiment, workspace) as house:
        notice.begin(house, run)
        release.start_canary(house, house.registry.get(version))
        sent = [Path(path) for path in json.loads(recordings)]
        analysis = release.analyse_canary(house, house.registry.get(version), sent)
        write_gates(analysis.results, gates)
        verdict = analysis.verdict
        notice.note(house, run, verdicts={"the canary": verdict.value}, version=version)
        said = explain(analysis.results) if verdict != "pass" else f"{len(analysis.results)} gates."
        say(" ".join([f"{verdict}: {said}", *analysis.notes]), gates)
        return verdict.value
