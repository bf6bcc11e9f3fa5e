"""`silencio crossval`"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from silencio.commands.words import Changes, Experiment, Here, Workspace, house_at
from silencio.steps.crossval import By

if TYPE_CHECKING:
    from silencio.evaluation.folds import Fold


def crossval(
    experiment: Experiment,
    workspace: Workspace = Here,
    changes: Changes = None,
    by: Annotated[
        By | None,
        typer.Option(help="Test each fold, or each group such as a speaker; by default as data.split says."),
    ] = None,
) -> None:
    """Train and judge once a fold, with the same settings; then mean and interval of what they score.

    Every figure is of recordings that its training never heard. The interval is Student's t, at 95 %. Killed and
    started again, it goes on.

    Example: silencio crossval audiomnist --by group --set data.path=fsdd
    """
    import logging

    from silencio.steps.crossval import crossval as run
    from silencio.terminal import bar, table

    log = logging.getLogger(__name__)

    def heard(fold: "Fold") -> None:
        figures = ", ".join(f"{name} {_figure(value)}" for name, value in fold.figures().items())
        log.info("%s: %s, of %d recordings", fold.name, figures, fold.recordings)

    house = house_at(experiment, workspace, changes)
    with bar("crossval") as tell:
        report = run(house, by, tell, heard)
    table([str(report.facts["by"]), "recordings", "accuracy", "mAP", "ROC-AUC"], _rows(report.facts))
    for name in sorted(report.files):
        print(report / name)


def _rows(facts: Any) -> list[list[str]]:
    metrics = ("accuracy", "map", "roc_auc")
    rows = [
        [fold["name"], str(fold["recordings"]), *(_figure(fold[metric]) for metric in metrics)]
        for fold in facts["folds"]
    ]
    all_of_them = str(sum(fold["recordings"] for fold in facts["folds"]))
    return [*rows, ["mean ± 95 %", all_of_them, *(_with_interval(facts, metric) for metric in metrics)]]


def _with_interval(facts: Any, metric: str) -> str:
    interval = facts[f"{metric}_interval"]
    # Student's is symmetric.
    return _figure(facts[metric]) + (f" ± {(interval[1] - interval[0]) / 2:.3f}" if interval else "")


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
