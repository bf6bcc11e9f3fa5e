"""What a run has to show: pages and summaries among its artifacts, where they lie, and the summary's text.

The API gives no addresses: the outputs in its task details stay empty (kubeflow/pipelines#9858). Yet what a step
hands over lies under ROOT/PIPELINE/RUN/STEP/ and ends in the output's name, so it is looked for there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.platform.answers import Run
from pipelines.shape import Spec, steps
from silencio.errors import SilencioError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

READABLE = {"system.Markdown", "system.HTML"}
ROOT = "SILENCIO_KUBEFLOW_PIPELINE_ROOT"
LARGEST = 1_000_000
"""Bytes of a summary that are read."""


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
    home = f"{run_folder(place, spec, run)}"
    wanted = [
        (step.name, output, kind)
        for step in steps(spec)
        for output, kind in step.outputs.items()
        if kind in READABLE
    ]
    found = _listed(home)
    addresses, texts = [], []
    for step, output, kind in wanted:
        for path in found.paths:
            if path.startswith(f"{step}/") and path.endswith(f"/{output}"):
                addresses.append(f"{home}/{path}")
                if kind == "system.Markdown":
                    texts.append(found.text(path))
    return Report(tuple(addresses), "\n".join(texts))


def run_folder(root: str, spec: Spec, run: Run) -> str:
    return f"{root}/{spec['pipelineInfo']['name']}/{run.id}"


@dataclass(frozen=True)
class _Listed:
    store: "ObjectStore"
    paths: list[str]

    def text(self, path: str) -> str:
        import obstore

        return bytes(obstore.get_range(self.store, path, start=0, length=LARGEST)).decode(errors="replace")


def _listed(folder: str) -> _Listed:
    """`minio://` is how Kubeflow writes S3 at an endpoint of one's own: AWS_ENDPOINT_URL says where."""
    import obstore
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    address = folder.replace("minio://", "s3://", 1)
    try:
        store = from_url(address)
        paths = [str(entry["path"]) for page in obstore.list(store) for entry in page]
    except (BaseError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise SilencioError(
            f"The report under {folder} cannot be read from here: {first}.",
            "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL, or read it on Kubeflow's page.",
        ) from error
    return _Listed(store, paths)
