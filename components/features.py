"""A catalog in, the windows that models see out."""

from kfp.dsl import Dataset, Input, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def features(experiment: str, workspace: str, catalog: Input[Dataset], windows: Output[Dataset]) -> None:
    """Compute the log-mel windows of every recording.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        catalog: One row a recording.
        windows: Memory-mapped pictures and their index.
    """
    from components.receipts import give, take
    from components.working import working
    from silencio.handover import Kind
    from silencio.progress import log_line
    from silencio.steps import build

    with working("features", experiment, workspace) as house:
        made = build.features(house, take(catalog, Kind.CATALOG), log_line)
        give(made, windows, f"{made.facts['windows']} windows")
