"""Windows in, a checkpoint out."""

from kfp.dsl import Dataset, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def retrain(experiment: str, workspace: str, windows: Input[Dataset], checkpoint: Output[Model]) -> None:
    """Train the experiment's architecture, tracked in MLflow; killed and started again, it goes on.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        windows: Memory-mapped pictures and their index.
        checkpoint: Weights of the best epoch, the experiment and the species.
    """
    from components.receipts import give, take
    from silencio.handover import Kind
    from silencio.progress import log_line
    from silencio.steps import build
    from silencio.steps.house import House

    made = build.train(House.of(experiment, workspace), take(windows, Kind.WINDOWS), log_line)
    reached = made.facts["validation_map"]
    judged = "nobody validated" if reached is None else f"validation mAP {reached:.3f}"
    give(made, checkpoint, f"{made.facts['epochs']} epochs, {judged}")
