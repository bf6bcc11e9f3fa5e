"""A bundle in; what the real service on it answered, as gates, out."""

from kfp.dsl import Artifact, Dataset, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def integration_test(
    experiment: str, workspace: str, catalog: Input[Dataset], bundle: Input[Model], gates: Output[Artifact]
) -> str:
    """Start the service in a process of its own and ask it all that its callers rely on.

    That is the API's contract, a short load, files through the streaming consumer, and sound over a WebSocket.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: Where the recordings that are sent come from.
        bundle: What the service serves.
        gates: Each judgement.

    Returns:
        pass, fail or inconclusive.
    """
    from components.receipts import say, take, write_gates
    from components.working import working
    from silencio.evaluation.gates import decision
    from silencio.handover import Kind
    from silencio.release.promote import explain
    from silencio.steps import build

    with working("integration-test", experiment, workspace) as house:
        results = build.integration_test(house, take(bundle, Kind.BUNDLE), take(catalog, Kind.CATALOG))
        write_gates(results, gates)
        verdict = decision(results)
        passed = f"{len(results)} checks of the running service"
        say(f"{verdict}: {passed if verdict == 'pass' else explain(results)}", gates)
        return verdict.value
