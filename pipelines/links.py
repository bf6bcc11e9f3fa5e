"""What a run left behind, from its steps' receipts: each thing with the place where it can be opened."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from pipelines.step import Step
from silencio.handover import Kind, Receipt
from silencio.identity import digest_of_file
from silencio.registry.journal import Outbox
from silencio.workspace import Workspace

WORTH_OPENING: Mapping[str, tuple[str, ...]] = {
    Kind.REPORT.noun: ("report.html",),
    Kind.BUNDLE.noun: ("report/report.html", "model_card.md"),
    Kind.IMAGE.noun: ("context",),
}
"""Files of a hand-over that people look at, by kind."""
DRIFT = "reports/drift/report.html"
HERE = "here"
"""What the outbox calls MLflow where it is a file in the workspace."""


@dataclass(frozen=True)
class Link:
    what: str
    target: str
    """An absolute path, an address, or a command."""

    @property
    def address(self) -> str | None:
        """For a terminal to open; None if it is none."""
        if self.target.startswith(("http://", "https://")):
            return self.target
        return Path(self.target).as_uri() if self.target.startswith("/") else None


def links(steps: Sequence[Step], workspace: Workspace, log: Path | None = None) -> list[Link]:
    """In the order of the steps, each place once; the logs come last, and `log` is the command's own."""
    found = [link for step in steps for link in _of_step(step, workspace)]
    if (page := workspace.root / DRIFT).exists():
        found.append(Link("drift", str(page)))
    logs = {"log of the steps": steps[0].log if steps else None, "log": log}
    found += [Link(what, str(path)) for what, path in logs.items() if path]
    return list({link.target: link for link in reversed(found)}.values())[::-1]


def _of_step(step: Step, workspace: Workspace) -> Iterator[Link]:
    receipts = {name: receipt for name, path in step.artifacts.items() if (receipt := _receipt(path))}
    for receipt in receipts.values():
        yield from _of_receipt(receipt, workspace)
    known = {digest for receipt in receipts.values() for digest in _files(receipt)}
    for name, path in step.artifacts.items():
        # Kubeflow's page gets copies of what lies in the hand-over; metrics have no file.
        if name in receipts or not path.is_file() or not path.stat().st_size:
            continue
        if digest_of_file(path) not in known:
            yield Link(f"{step.name}, {name}", str(path))
    for said in step.said.values():
        if said.startswith(("http://", "https://")):
            yield Link(step.name, said)


def _of_receipt(receipt: Receipt, workspace: Workspace) -> Iterator[Link]:
    folder = Path(receipt.address)
    yield Link(receipt.kind, str(folder))
    for name in WORTH_OPENING.get(receipt.kind, ()):
        if (folder / name).exists():
            yield Link(f"{receipt.kind}, {Path(name).name}", str(folder / name))
    if "run" in receipt.facts:
        yield from _run(receipt.facts["run"], workspace)


def _run(key: str, workspace: Workspace) -> Iterator[Link]:
    """The training's run in MLflow, as far as it was delivered: no server is asked."""
    for home in sorted((workspace / "mlflow/outbox").iterdir()):
        delivered = Outbox(home).journal(key).delivered
        if not delivered.run_id:
            continue
        page = f"#/experiments/{delivered.experiment_id}/runs/{delivered.run_id}"
        if home.name == HERE:
            yield Link("MLflow", f"mlflow ui --backend-store-uri sqlite:///{workspace / 'mlflow'}/mlflow.db")
            yield Link("MLflow run", f"http://127.0.0.1:5000/{page}")
        else:
            yield Link("MLflow run", f"{unquote(home.name).rstrip('/')}/{page}")


def _receipt(path: Path) -> Receipt | None:
    """None for what is no receipt, such as a page."""
    try:
        return Receipt.read(path)
    except (OSError, ValueError, TypeError):
        return None


def _files(receipt: Receipt) -> Iterator[str]:
    """The digests of what it is for."""
    kind = next(kind for kind in Kind if kind.noun == receipt.kind)
    yield from receipt.open(kind).files.values()
