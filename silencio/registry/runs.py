"""Trainings as runs in MLflow: written to a journal in the workspace, and delivered from there."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from silencio.errors import SilencioError, WrongUse
from silencio.registry.delivery import Delivery, is_refused
from silencio.registry.described import Load, beginning, experiment_named
from silencio.registry.journal import End, Journal, Outbox
from silencio.registry.postman import Postman, Trouble, in_short
from silencio.settings import Platform, Site
from silencio.training.epoch import Epoch
from silencio.training.tracker import KEPT, Described, OpenTracker
from silencio.workspace import Workspace, only_one

log = logging.getLogger(__name__)

FOR_A_FIRST_WORD = 10.0
"""Seconds that a training waits for its run at most; then it begins without."""
FOR_THE_LAST = 30.0
"""Seconds that a finished one waits for what is still on its way."""
FOR_THE_REST = 5.0
"""And one that was stopped."""
HERE = 120.0
"""Seconds in which a file in the workspace is written to for certain."""
LEFT = "silencio runs deliver"


def tracking_uri(site: Site, workspace: Workspace) -> str:
    """The server that the site names, or Kubeflow's; else a SQLite file in the workspace."""
    return site.mlflow_uri or Platform().tracking_uri or f"sqlite:///{workspace / 'mlflow'}/mlflow.db"


@dataclass(frozen=True)
class KeptRun:
    """A `Tracker` that never waits for a server."""

    key: str
    journal: Journal
    postman: Postman
    load: Load = field(default_factory=Load)

    @property
    def run_id(self) -> str | None:
        return self.journal.delivered.run_id

    def epoch(self, epoch: Epoch) -> None:
        self.figures(epoch.figures() | self.load.since_last(), epoch.number)

    def figures(self, figures: Mapping[str, float], step: int) -> None:
        self.journal.draw(figures, step)
        self.postman.call()

    def keep(self, path: Path, place: str = KEPT) -> None:
        self.journal.keep(path, place)
        self.postman.call()


class Runs:
    """Opens trackers for `silencio.training.run.train`."""

    def __init__(self, site: Site, workspace: Workspace, patience: float = FOR_THE_LAST) -> None:
        platform = Platform()
        self.uri = tracking_uri(site, workspace)
        self.is_served = not self.uri.startswith("sqlite:")
        self.client = MlflowClient(self.uri)
        artifacts = None if self.is_served else (workspace / "mlflow/artifacts").as_uri()
        # Kubeflow's run is known to its own server only.
        ours = self.uri == platform.tracking_uri
        self.delivery = Delivery(
            self.client,
            Outbox(workspace / "mlflow/outbox" / (quote(self.shown, safe="") if self.is_served else "here")),
            artifacts,
            platform if ours else Platform.model_construct(),
        )
        self.postman = Postman(self.delivery, self.shown)
        self._patience = patience if self.is_served else HERE

    @property
    def shown(self) -> str:
        """The server's address, with no password."""
        parts = urlsplit(self.uri)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @contextmanager
    def open(
        self, key: str, described: Described, name: str | None = None, within: str | None = None
    ) -> Iterator[KeptRun]:
        """A training that goes on after a kill goes on in the run that it began, found by its key.

        `within` is the key of the run that this one is a part of. Raises if the server asks for another login; if
        it cannot be reached, all goes on, and is delivered later.
        """
        journal = self.delivery.outbox.journal(key)
        journal.mend()
        journal.append(beginning(key, described, name, within))
        self.postman.call()
        whole = within is None
        if whole:
            self._await_first_word(journal)
        status = "KILLED"
        try:
            yield KeptRun(key, journal, self.postman)
            status = "FINISHED"
        except Exception:
            status = "FAILED"
            raise
        finally:
            journal.append(End(status=status))
            self.postman.call()
            # Parts leave that to the whole.
            if whole:
                stopped = status != "FINISHED"
                self._await_last_word(key, min(self._patience, FOR_THE_REST) if stopped else self._patience)

    def begin(self, key: str, name: str, described: Described) -> None:
        """A run that others are parts of, whichever of them comes first: several processes may train them at once.

        Who has them all opens it, by `group`, and ends it.
        """
        outbox = self.delivery.outbox
        outbox.folder.mkdir(parents=True, exist_ok=True)
        journal = outbox.journal(key)
        with only_one(outbox.folder / "begin.lock"):
            journal.mend()
            if not journal.has_begun:
                journal.append(beginning(key, described, name, None))
        self.postman.call()
        self._await_first_word(journal)

    def add(self, key: str, figures: Mapping[str, float], files: Iterable[Path], place: str) -> None:
        """What a later step found out, with the run that it is about. Said twice, the same is kept once.

        Nobody waits for it: it is delivered with what comes next, if not at once.
        """
        journal = self.delivery.outbox.journal(key)
        if not journal.folder.exists():
            log.warning(
                "The run %s was not kept in this workspace: what is said of it is not either.", key[:12]
            )
            return
        if journal.draw(figures, step=0):
            for path in files:
                journal.keep(path, place)
            self.postman.call()

    def group(
        self, key: str, name: str, described: Described, within: str | None = None
    ) -> AbstractContextManager[KeptRun]:
        """A run that others are parts of: they are opened `within` its key, or by `inside`."""
        return self.open(key, described, name, within)

    def inside(self, key: str) -> OpenTracker:
        """What `train` takes, for trainings that are parts of the run of this key."""
        return partial(self.open, within=key)

    def deliver(self) -> int:
        """All that waits, before this returns; how many runs that were."""
        waiting = len(self.delivery.outbox.waiting())
        if waiting:
            try:
                self.postman.deliver()
            except (MlflowException, OSError) as error:
                raise self._refusal(error) if is_refused(error) else self._absence(error) from error
        return waiting

    def others_waiting(self) -> list[str]:
        """Other servers for which something waits in this workspace."""
        own = self.delivery.outbox.folder
        folders = [folder for folder in own.parent.glob("*") if folder != own]
        return [unquote(folder.name) for folder in folders if Outbox(folder).waiting()]

    def id_of(self, key: str, experiment: str) -> str | None:
        """The run's name on the server, asked for if need be."""
        known = self.delivery.outbox.journal(key).delivered.run_id
        return known or self.delivery.look_for(experiment_named(experiment), key)

    def address_of(self, key: str) -> str | None:
        """Where to look at it: a page of the server; None if the server does not know of it yet."""
        delivered = self.delivery.outbox.journal(key).delivered
        if not delivered.run_id:
            return None
        server = self.shown.rstrip("/") if self.is_served else "http://127.0.0.1:5000"
        return f"{server}/#/experiments/{delivered.experiment_id}/runs/{delivered.run_id}"

    def _await_first_word(self, journal: Journal) -> None:
        patience = FOR_A_FIRST_WORD if self.is_served else HERE
        self.postman.wait(lambda: bool(journal.delivered.run_id or self.postman.trouble), patience)
        trouble = self.postman.trouble
        if trouble and is_refused(trouble):
            journal.withdraw()
            raise self._refusal(trouble)

    def _await_last_word(self, key: str, patience: float) -> None:
        family = self.delivery.outbox.family(key)

        def waiting() -> int:
            return sum(journal.waiting for journal in family)

        if not self.postman.wait(lambda: not waiting(), patience):
            log.warning(
                "%d entries did not reach %s yet. They wait in %s: the next training delivers them, or `%s`.",
                waiting(),
                self.shown,
                self.delivery.outbox.folder,
                LEFT,
            )

    def _refusal(self, error: Trouble) -> WrongUse:
        return WrongUse(
            f"{self.shown} refuses this login ({in_short(error)}).",
            "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to those of an account that may write there.",
        )

    def _absence(self, error: Trouble) -> SilencioError:
        return SilencioError(
            f"{self.shown} does not answer ({in_short(error)}).",
            f"Nothing is lost: once it is back, `{LEFT}` delivers what waits in {self.delivery.outbox.folder}.",
        )
