"""A Kubeflow that answered: whose it is, how things are found there, and how one is made that may be there."""

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TypeVar

from pipelines.platform.reading import Answer, Taken
from pipelines.platform.wire import Wire
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Kubeflow

PAGE = 100
"""Things in one answer of a list."""
EXPERIMENT = "silencio"
"""What Kubeflow's page groups our runs under."""

T = TypeVar("T")


class Client:
    def __init__(self, settings: Kubeflow) -> None:
        self.wire, self.settings = Wire(settings), settings
        shared = self.wire.meet("/healthz").get("multi_user", False)
        if shared and not settings.namespace:
            raise WrongUse(
                f"{self.wire.host} is shared by several people, and no namespace is named.",
                "Say --namespace, or set SILENCIO_KUBEFLOW_NAMESPACE.",
            )
        self.within = {"namespace": settings.namespace} if settings.namespace else {}

    def page(self, run: str) -> str:
        """Where a person sees it; `run` is its id."""
        return f"{(self.settings.page or self.wire.host).rstrip('/')}/#/runs/details/{run}"

    @cached_property
    def experiment(self) -> str:
        """Its id."""

        def create() -> str:
            body = {"display_name": EXPERIMENT, **self.within}
            return str(self.wire.post("/experiments", body)["experiment_id"])

        return self.found_or_made(self.experiment_if_any, create)

    def experiment_if_any(self) -> str | None:
        found = self.named("/experiments", "experiments", EXPERIMENT, **self.within)
        return next((str(answer["experiment_id"]) for answer in found), None)

    def found_or_made(self, find: Callable[[], T | None], create: Callable[[], T]) -> T:
        """For what has a name that only one thing can have."""
        if (found := find()) is not None:
            return found
        try:
            return self.wire.create_once(create, find)
        except Taken as taken:
            # Somebody made it between the two questions; or we did, and the answer was lost.
            if (found := find()) is not None:
                return found
            raise SilencioError(taken.problem, "It is there, yet not ours to see: ask its owner.") from taken

    def named(self, path: str, key: str, name: str, **query: str) -> Iterator[Answer]:
        """Whatever the list under `key` of that path has of this name."""
        predicate = {"operation": "EQUALS", "key": "name", "string_value": name}
        listed = self.all(path, key, filter=json.dumps({"predicates": [predicate]}), **query)
        # Of what has both, the filter means one or the other, by the server's version.
        return (answer for answer in listed if name in (answer.get("display_name"), answer.get("name")))

    def all(self, path: str, key: str, **query: str) -> Iterator[Answer]:
        token = ""
        while True:
            answer = self.wire.get(path, page_size=str(PAGE), page_token=token, **query)
            yield from answer.get(key) or ()
            token = answer.get("next_page_token") or ""
            if not token:
                return
