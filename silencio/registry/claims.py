"""Whose turn it is to add to a record: of all who want to, on any machine, the registry lets one.

MLflow has no compare-and-set but one: a registered model's name is given once. So whoever wants to add to a record
registers a model whose name says which line theirs follows; for a moment, MLflow's page shows it.
"""

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from silencio.registry.record import Overtaken

_at_work = set[str]()
"""Tokens of this process's own claims, of which it still does what they are for."""
TAKEN, GONE = "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Claim:
    what: str
    """That is about to be done, as a sentence's end: `version 3 to production`."""
    by: str
    host: str = field(default_factory=socket.gethostname)
    pid: str = field(default_factory=lambda: str(os.getpid()))
    at: str = field(default_factory=now)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    name: str = ""
    """Of the registered model that stands for it."""

    @property
    def said(self) -> str:
        return f"{self.what}, begun by {self.by} at {self.at} (process {self.pid} on {self.host})"

    @property
    def is_over(self) -> bool:
        """Whether whoever made it is gone, as far as this machine can tell."""
        if self.host != socket.gethostname():
            return False
        own = int(self.pid) == os.getpid()
        return self.token not in _at_work if own else not _runs(int(self.pid))


class Taken(Overtaken):
    """It is somebody else's turn."""


class Claims:
    def __init__(self, client: MlflowClient, model: str) -> None:
        self._client, self._prefix = client, f"{model}.after-"

    def take(self, head: str, what: str, by: str) -> Claim:
        """To write what follows the line of this hash. Raises Taken, naming who was first."""
        mine = Claim(what, by, name=f"{self._prefix}{head[:16]}")
        tags = {f"silencio.{key}": value for key, value in asdict(mine).items() if key != "name"}
        try:
            self._client.create_registered_model(
                mine.name, tags, "A move between stages is on its way: this goes when it is made."
            )
        except MlflowException as error:
            if error.error_code != TAKEN:
                raise
        # A request whose answer was lost is sent again, and then finds its own. One that follows an earlier line is
        # of somebody who has written what they wanted to, and is not through yet.
        for theirs in self.all():
            if theirs.token != mine.token:
                if mine.token in {claim.token for claim in self.all()}:
                    self.release(mine)
                raise Taken(
                    f"Something else is on its way: {theirs.said}.",
                    "Try again when it is done; if its process is gone, `silencio registry repair` ends it.",
                )
        _at_work.add(mine.token)
        return mine

    def leave(self, claim: Claim) -> None:
        """This process is at it no longer; that it was taken is left to be seen."""
        _at_work.discard(claim.token)

    def release(self, claim: Claim) -> None:
        self.leave(claim)
        try:
            self._client.delete_registered_model(claim.name)
        except MlflowException as error:
            if error.error_code != GONE:
                raise

    def all(self) -> list[Claim]:
        found = self._client.search_registered_models(f"name LIKE '{self._prefix}%'")
        # What is just being released is listed without its tags.
        return [_claim(model.name, model.tags) for model in found if model.tags]


def _claim(name: str, tags: Mapping[str, Any]) -> Claim:
    told = {key.removeprefix("silencio."): value for key, value in tags.items()}
    return Claim(**told, name=name)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
