"""Windows in, a checkpoint that its gates do not refuse out, where a few rounds of training come to one."""

from kfp.dsl import Dataset, Input, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def retrain(
    experiment: str,
    workspace: str,
    catalog: Input[Dataset],
    windows: Input[Dataset],
    checkpoint: Output[Model],
) -> None:
    """Train the experiment's architecture, tracked in MLflow; killed and started again, it goes on.

    What its gates refuse is trained again from another seed, evaluation.rounds times at most.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        checkpoint: Weights of the best epoch, the experiment and the species.
    """
    from components.receipts import give, take
    from silencio.handover import Kind
    from silencio.progress import log_line
    from silencio.steps import rounds
    from silencio.steps.house import House

    house = House.of(experiment, workspace)
    made = rounds.train(house, take(catalog, Kind.CATALOG), take(windows, Kind.WINDOWS), log_line)
    reached = made.facts["validation_map"]
    judged = "nobody validated" if reached is None else f"validation mAP {reached:.3f}"
    give(made, checkpoint, f"{made.facts['epochs']} epochs, {judged}")
