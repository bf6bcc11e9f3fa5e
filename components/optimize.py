"""A checkpoint in, the bundle of its cheapest variant that passes every gate out."""

from kfp.dsl import HTML, Dataset, Input, Markdown, Metrics, Model, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def optimize(
    experiment: str,
    workspace: str,
    catalog: Input[Dataset],
    windows: Input[Dataset],
    checkpoint: Input[Model],
    champion: str,
    bundle: Output[Model],
    metrics: Output[Metrics],
    page: Output[HTML],
    summary: Output[Markdown],
) -> None:
    """Export, quantize, judge each variant as a candidate of its own, and pack the one that is chosen.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
        checkpoint: The candidate.
        champion: The receipt of the bundle to compare with; empty if there is none.
        bundle: What is registered, packaged, served and rolled back.
        metrics: What the chosen variant costs, and what it hears.
        page: Its own report, with every variant that was tried.
        summary: That report in short.
    """
    from components.receipts import give, open_if_any, take
    from components.shown import show_figures, show_pages
    from components.working import working
    from silencio.handover import Kind
    from silencio.optimize.bundle import REPORT
    from silencio.optimize.rows import Table
    from silencio.progress import log_line
    from silencio.steps import build

    with working("optimize", experiment, workspace) as house:
        found = take(catalog, Kind.CATALOG), take(windows, Kind.WINDOWS), take(checkpoint, Kind.CHECKPOINT)
        made = build.optimize(house, *found, open_if_any(champion, Kind.BUNDLE), log_line)
        show_figures(Table.read(made.folder).chosen.figures(), metrics)
        show_pages(made / REPORT, page, summary)
        facts = made.facts
        cost = f"{facts['size_mb']} MB, {facts['latency_ms']} ms a window"
        give(made, bundle, f"{facts['variant']}: mAP {facts['map']:.3f}, {cost}")
