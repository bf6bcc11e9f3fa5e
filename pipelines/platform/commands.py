"""`silencio pipeline submit` and `follow`."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.platform.words import Feedback, Host, IfNeeded, Namespace, TokenFile
from silencio.commands.words import Changes, Experiment

if TYPE_CHECKING:
    from pipelines.platform.answers import Run
    from pipelines.platform.client import Client
    from pipelines.shape import Spec

INTERRUPTED = 130
"""The exit code of what Ctrl-C ended, as shells have it: none of a gate's."""

Timeout = Annotated[
    float | None, typer.Option(help="Seconds after which following ends; the run goes on.", min=0.1)
]
Cancel = Annotated[
    bool, typer.Option("--cancel-on-interrupt", help="Ctrl-C stops the run, not only following it.")
]
ReportAt = Annotated[
    Path | None, typer.Option("--report", help="Where the report's summary goes, instead of the screen.")
]
log = logging.getLogger(f"silencio.{__name__}")


def submit(
    experiment: Experiment = "demo",
    host: Host = None,
    namespace: Namespace = None,
    token_file: TokenFile = None,
    changes: Changes = None,
    feedback: Feedback = True,
    if_needed: IfNeeded = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it, and end as its gates decide.")] = False,
    timeout: Timeout = None,
    cancel_on_interrupt: Cancel = False,
    report: ReportAt = None,
) -> None:
    """Send a training to a Kubeflow cluster. With --wait: exit code 0 passed, 1 a gate said no, 3 it broke.

    Example: silencio pipeline submit mine.yaml --host https://kubeflow.example.org/pipeline --wait
    """
    from pipelines.platform.cluster import parameters, settings
    from silencio.experiment import load_experiment
    from silencio.terminal import sheet

    cluster = settings(host=host, namespace=namespace, token_file=token_file)
    asked = load_experiment(experiment, changes or ())
    given = parameters(asked, cluster, feedback)

    from pipelines.compiled import TRAINING, WATCHING, compiled
    from pipelines.platform.client import Client
    from pipelines.platform.running import start
    from pipelines.platform.uploads import upload

    client = Client(cluster)
    version = upload(client, compiled(WATCHING if if_needed else TRAINING))
    run = start(client, version, asked.name, given)
    sheet([("version", version.name), ("run", run.id), ("page", client.page(run.id))])
    if wait:
        _to_its_end(client, run, timeout, cancel_on_interrupt, report)
    else:
        sheet([("follow", f"silencio pipeline follow {run.id}")])


def follow(
    run: Annotated[str, typer.Argument(help="The run's id.")],
    host: Host = None,
    namespace: Namespace = None,
    token_file: TokenFile = None,
    timeout: Timeout = None,
    cancel_on_interrupt: Cancel = False,
    report: ReportAt = None,
) -> None:
    """Follow a run on a cluster to its end: exit code 0 passed, 1 a gate said no, 3 it broke.

    Example: silencio pipeline follow 0d4c2a3e-5b1f-4a52-9a64-1f0f6f3b7c11
    """
    from pipelines.platform.client import Client
    from pipelines.platform.cluster import settings
    from pipelines.platform.running import look

    client = Client(settings(host=host, namespace=namespace, token_file=token_file))
    _to_its_end(client, look(client, run), timeout, cancel_on_interrupt, report)


def _to_its_end(
    client: "Client", run: "Run", timeout: float | None, cancel: bool, report_at: Path | None
) -> None:
    from pipelines.platform import following
    from pipelines.screen import following as on_screen
    from silencio.errors import GateRefused, SilencioError
    from silencio.terminal import sheet

    with _leaving(client, run, cancel):
        spec = following.spec_of(client, run)
        with on_screen(run.name) as tell:
            run = following.follow(client, run, spec, tell, timeout)
    found = following.outcome(run, spec)
    if run.links:
        sheet(list(run.links))
    _show_report(client, run, spec, report_at)
    page = f"See {client.page(run.id)}."
    if found.verdict is following.Verdict.REFUSED:
        raise GateRefused(found.said, page)
    if found.verdict is following.Verdict.BROKE:
        raise SilencioError(found.said, page)
    sheet([("passed", found.said), ("page", client.page(run.id))])


@contextlib.contextmanager
def _leaving(client: "Client", run: "Run", cancel: bool) -> Iterator[None]:
    """Ctrl-C ends the looking, and the run only if that was asked for."""
    from pipelines.platform.running import stop

    try:
        yield
    except KeyboardInterrupt:
        if cancel:
            stop(client, run.id)
            typer.echo(f"Run {run.id} is told to stop: {client.page(run.id)}", err=True)
        else:
            typer.echo(
                f"Run {run.id} goes on without us. Follow it again: silencio pipeline follow {run.id}",
                err=True,
            )
        raise typer.Exit(INTERRUPTED) from None


def _show_report(client: "Client", run: "Run", spec: "Spec", at: Path | None) -> None:
    from pipelines.platform.report import report
    from silencio.errors import SilencioError
    from silencio.terminal import sheet

    try:
        found = report(run, spec, client.settings.pipeline_root)
    except SilencioError as error:
        # What the gates decided does not hang on whether their report can be read from here.
        log.warning("%s", error)
        return
    if found.addresses:
        sheet([("report", address) for address in found.addresses])
    if found.text and at:
        at.write_text(found.text)
    elif found.text:
        print(found.text)
