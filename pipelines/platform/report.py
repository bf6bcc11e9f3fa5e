"""What a run has to show: pages and summaries among its artifacts, where they lie, and the summary's text.

The API gives no addresses: the outputs in its task details stay empty (kubeflow/pipelines#9858). Yet what a step
hands over lies under ROOT/PIPELINE/RUN/STEP/ and ends in the output's name, so it is looked for there.
"""

from dataclasses import dataclass

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from pipelines.platform.answers import Run
from pipelines.shape import Spec, steps
from silencio.errors import SilencioError

SHOWN = {"system.Markdown", "system.HTML"}
ROOT = "SILENCIO_KUBEFLOW_PIPELINE_ROOT"


@dataclass(frozen=True)
class Report:
    addresses: tuple[str, ...]
    text: str
    """The summaries, in Markdown."""


def report(run: Run, spec: Spec, root: str | None) -> Report:
    """`root` is where to look if the run does not say. Raises SilencioError where that cannot be read from here."""
    place = (run.root or root or "").split("?")[0].rstrip("/")
    if not place:
        raise SilencioError(
            "Kubeflow keeps the report in its own store.", f"To have it read from here, set {ROOT}."
        )
    home = f"{place}/{spec['pipelineInfo']['name']}/{run.id}"
    try:
        return _report(home, spec)
    except (BaseError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise SilencioError(
            f"The report under {home} cannot be read from here: {first}.",
            "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL, or read it on Kubeflow's page.",
        ) from error


def _report(home: str, spec: Spec) -> Report:
    # `minio` is how Kubeflow writes S3 at an endpoint of one's own; AWS_ENDPOINT_URL says which.
    store = from_url(home.replace("minio://", "s3://", 1))
    paths = sorted(str(entry["path"]) for page in obstore.list(store) for entry in page)
    shown = [
        (step.name, name, kind)
        for step in steps(spec)
        for name, kind in step.outputs.items()
        if kind in SHOWN
    ]
    addresses, texts = [], []
    for step, output, kind in shown:
        for path in (p for p in paths if p.startswith(f"{step}/") and p.endswith(f"/{output}")):
            addresses.append(f"{home}/{path}")
            if kind == "system.Markdown":
                texts.append(bytes(obstore.get(store, path).bytes()).decode(errors="replace"))
    return Report(tuple(addresses), "\n".join(texts))
