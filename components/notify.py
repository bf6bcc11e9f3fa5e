"""A run that ended in, however that was; what became of it, told where people look, out."""

from kfp.dsl import Markdown, Output, PipelineTaskFinalStatus, component

from components.image import IMAGE


@component(base_image=IMAGE, packages_to_install=[], install_kfp_package=False)
def notify(
    status: PipelineTaskFinalStatus, experiment: str, workspace: str, run: str, summary: Output[Markdown]
) -> None:
    """Tell how the run ended: here, in the workspace's reports/runs, and to the webhook that SILENCIO_NOTIFY_URL names.

    If watching asked for the run's training, it is remembered how that ended, too.

    A message that is lost is said in the log, and fails no run.

    Args:
        status: Kubeflow's own word.
        experiment: The experiment file's text.
        workspace: The folder under which all steps read and write.
        run: Kubeflow's name of the run.
        summary: The outcome, the verdicts, the version, and where to look.
    """
    from pathlib import Path

    from components.receipts import say
    from components.working import working
    from silencio.steps import inside, notice, webhook

    with working("notify", experiment, workspace) as house:
        error = status.error_message or ""
        told = notice.tell(house, run, notice.Ended(status.state, status.pipeline_task_name, error))
        inside.end(house, run, told.outcome)
        Path(summary.path).write_text(told.markdown())
        if house.site.notify_url:
            webhook.post(house.site.notify_url, told.text())
        say(f"{told.outcome}: {told.said}", summary)
