"""Checkpoints of models in, one checkpoint of all of them out."""

from kfp.dsl import Dataset, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def ensemble(
    experiment: str,
    workspace: str,
    catalog: Input[Dataset],
    windows: Input[Dataset],
    members: Input[list[Model]],
    checkpoint: Output[Model],
) -> None:
    """Weigh the members of an ensemble on the validation part and seal them as one; an only model is handed on.

    What the gates refuse is trained again from other seeds, member by member, evaluation.rounds times at most.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        members: What each `retrain` handed over, in any order.
        checkpoint: What is judged, made small and served.
    """
    from components.receipts import give, take
    from components.working import working
    from silencio.handover import Kind
    from silencio.progress import log_line
    from silencio.steps import parts

    with working("ensemble", experiment, workspace) as house:
        trained = [take(member, Kind.CHECKPOINT) for member in members]
        found = take(catalog, Kind.CATALOG), take(windows, Kind.WINDOWS)
        made = parts.join(house, *found, trained, log_line)
        weighed = made.facts.get("members", [])
        weights = ", ".join(f"{one['architecture']} weighs {one['weight']:.3f}" for one in weighed)
        give(made, checkpoint, weights or "one model, as it is")
