"""Several who promote at once: each has looked at the registry before any of them is let in."""

import threading
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any, Literal

import pytest

from silencio.registry.claims import Claim, Claims
from silencio.registry.record import Overtaken

Kind = Literal["threads", "processes"]


def at_once(kind: Kind, goers: Sequence[Callable[[], None]]) -> list[str]:
    """What each of them was refused with; empty for one that was not."""
    context: Any = threading if kind == "threads" else get_context("fork")
    barrier, here = context.Barrier(len(goers)), threading.local()
    take = Claims.take

    def after_all_have_looked(claims: Claims, head: str, what: str, by: str) -> Claim:
        if not hasattr(here, "came"):
            here.came = True
            barrier.wait(60)
        return take(claims, head, what, by)

    said: Any = [""] * len(goers) if kind == "threads" else context.Manager().list([""] * len(goers))

    def run(place: int) -> None:
        try:
            goers[place]()
        except Overtaken as error:
            said[place] = error.problem

    make = threading.Thread if kind == "threads" else context.Process
    runners = [make(target=run, args=(place,)) for place in range(len(goers))]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Claims, "take", after_all_have_looked)
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
    assert all(getattr(runner, "exitcode", 0) == 0 for runner in runners)
    return list(said)
