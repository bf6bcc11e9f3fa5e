"""A checkpoint and its windows in; the report, and whether it may go on, out."""

from kfp.dsl import (
    HTML,
    Artifact,
    ClassificationMetrics,
    Dataset,
    Input,
    Markdown,
    Metrics,
    Model,
    Output,
    component,
)

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
    gates: Output[Artifact],
    metrics: Output[Metrics],
    classes: Output[ClassificationMetrics],
    page: Output[HTML],
    summary: Output[Markdown],
) -> str:
    """Judge a checkpoint slice by slice, against the bars and against the champion.

    A training that is refused was repeated before it came here, where evaluation.rounds asks for that.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        checkpoint: The candidate.
        champion: The receipt of the bundle to compare with; empty if there is none.
        report: Every figure and every gate.
        gates: Each judgement.
        metrics: The figures overall, and how many gates said what.
        classes: Who was taken for whom, and the ROC curve.
        page: The report to look at.
        summary: The report in short.

    Returns:
        pass, fail or inconclusive.
    """
    from components.receipts import give, open_if_any, take, write_gates
    from components.shown import figures_of, show_classes, show_figures, show_pages
    from components.working import working
    from silencio.evaluation.report import PAGE, read_report
    from silencio.handover import Kind
    from silencio.steps import build

    with working("evaluate", experiment, workspace) as house:
        found = take(catalog, Kind.CATALOG), take(windows, Kind.WINDOWS), take(checkpoint, Kind.CHECKPOINT)
        made = build.evaluate(house, *found, open_if_any(champion, Kind.BUNDLE))
        result = read_report(made.folder).result
        show_pages(made.folder, page, summary)
        show_figures(figures_of(result), metrics)
        show_classes(result, classes)
        write_gates(result.gates, gates)
        gates.metadata["page"] = str(made / PAGE)
        give(
            made,
            report,
            f"{result.decision}: mAP {made.facts['map']:.3f}, ROC-AUC {made.facts['roc_auc']:.3f}",
        )
        return result.decision.value
