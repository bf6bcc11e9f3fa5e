"""A staged version in; how it does beside the champion on real requests, as gates, out."""

from kfp.dsl import Artifact, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def canary(experiment: str, workspace: str, version: str, recordings: str, gates: Output[Artifact]) -> str:
    """Give the version its share of the traffic and watch it: errors, latency, agreement.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        version: The version's number in the registry.
        recordings: JSON list of the paths that are sent.
        gates: Each judgement.

    Returns:
        pass, fail or inconclusive.
    """
    import json
    from pathlib import Path

    from components.receipts import say
    from silencio.release.promote import explain
    from silencio.steps import release
    from silencio.steps.house import House

    house = House.of(experiment, workspace)
    release.start_canary(house, house.registry.get(version))
    analysis = release.analyse_canary(
        house, house.registry.get(version), [Path(p) for p in json.loads(recordings)]
    )
    Path(gates.path).write_text(json.dumps([gate.to_json() for gate in analysis.results], indent=2))
    verdict = analysis.verdict
    said = explain(analysis.results) if verdict != "pass" else f"{len(analysis.results)} gates."
    say(" ".join([f"{verdict}: {said}", *analysis.notes]), gates)
    return analysis.verdict.value
