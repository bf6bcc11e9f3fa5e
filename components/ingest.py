"""Recordings in, as released and as corrected since: the catalog out."""

from kfp.dsl import Dataset, Output, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def ingest(experiment: str, workspace: str, feedback: bool, survey: str, catalog: Output[Dataset]) -> None:
    """Make the catalog of an experiment's data.

    Args:
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        feedback: Whether what guides said since the release is in it.
        survey: What there is to ingest; while it stays the same, so does the catalog.
        catalog: One row a recording.
    """
    from components.receipts import give
    from components.working import working
    from silencio.progress import log_line
    from silencio.steps import build

    with working("ingest", experiment, workspace) as house:
        made = build.ingest(house, feedback, log_line)
        facts = made.facts
        give(
            made,
            catalog,
            f"{facts['recordings']} recordings of {facts['species']} species, {facts['hours']} h",
        )
