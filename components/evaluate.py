"""A checkpoint and its windows in; the report, and whether it may go on, out."""

from kfp.dsl import HTML, Dataset, Input, Markdown, Metrics, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def evaluate(
    experiment: str,
    workspace: str,
    catalog: Input[Dataset],
    windows: Input[Dataset],
    checkpoint: Input[Model],
    champion: str,
    report: Output[Dataset],
    metrics: Output[Metrics],
    page: Output[HTML],
    summary: Output[Markdown],
) -> str:
    """Judge a checkpoint slice by slice, against the bars and against the champion.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        checkpoint: The candidate.
        champion: The receipt of the bundle to compare with; empty if there is none.
        report: Every figure and every gate.
        metrics: The figures overall.
        page: The report to look at.
        summary: The report in short.

    Returns:
        pass, fail or inconclusive.
    """
    import shutil
    from pathlib import Path

    from components.receipts import give, open_if_any, take
    from silencio.handover import Kind
    from silencio.steps import build
    from silencio.steps.house import House

    made = build.evaluate(
        House.of(experiment, workspace),
        take(catalog, Kind.CATALOG),
        take(windows, Kind.WINDOWS),
        take(checkpoint, Kind.CHECKPOINT),
        open_if_any(champion, Kind.BUNDLE),
    )
    shutil.copyfile(made / "report.html", page.path)
    shutil.copyfile(made / "report.md", summary.path)
    for name in ("map", "roc_auc"):
        metrics.log_metric(name, made.facts[name])
    # Without a file there, Kubeflow's local runner takes the step for one that never finished.
    Path(metrics.path).write_text("")
    decision: str = made.facts["decision"]
    give(made, report, f"{decision}: mAP {made.facts['map']:.3f}, ROC-AUC {made.facts['roc_auc']:.3f}")
    return decision
