"""The end of a run that a gate stopped."""

from kfp.dsl import Artifact, Input, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def refuse(
    experiment: str, workspace: str, run: str, gate: str, verdict: str, gates: Input[Artifact]
) -> None:
    """Say which gate stopped the run, and on what grounds. The champion stays.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run, for what is told in its end.
        gate: Where it stopped.
        verdict: fail or inconclusive.
        gates: What it was judged on.
    """
    from components.receipts import read_gates, say
    from components.working import working
    from silencio.release.promote import explain
    from silencio.steps import notice

    with working("refuse", experiment, workspace) as house:
        said = f"{gate} said {verdict}: {explain(read_gates(gates))}"
        links = {"report": str(gates.metadata["page"])} if "page" in gates.metadata else {}
        notice.note(house, run, verdicts={gate: verdict}, links=links, refused=said)
        say(f"stopped: {said}")
