"""Windows in, the checkpoint of one model out."""

from kfp.dsl import Dataset, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def retrain(
    experiment: str,
    workspace: str,
    member: str,
    catalog: Input[Dataset],
    windows: Input[Dataset],
    checkpoint: Output[Model],
) -> None:
    """Train one architecture, tracked in MLflow; killed and started again, it goes on.

    By workers on Ray where training.workers says how many, from the champion's weights where training.warm_start is
    set. A model that is all there is is trained again from another seed if its gates refuse it, evaluation.rounds
    times at most; an ensemble's member is not judged by itself: `ensemble` sees to its rounds.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        member: Which of the experiment's models, as `members` named it.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        checkpoint: Weights of the best epoch, the experiment and the species.
    """
    from components.receipts import give, take
    from components.working import working
    from silencio.handover import Kind
    from silencio.progress import log_line
    from silencio.steps import parts

    with working("retrain", experiment, workspace) as house:
        found = take(catalog, Kind.CATALOG), take(windows, Kind.WINDOWS)
        made = parts.train_part(house, member, *found, log_line)
        reached = made.facts["validation_map"]
        judged = "nobody validated" if reached is None else f"validation mAP {reached:.3f}"
        give(made, checkpoint, f"{member}: {made.facts['epochs']} epochs, {judged}")
