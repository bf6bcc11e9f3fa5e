"""Processes that promote, and die of it."""

import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from mlflow import MlflowClient

from silencio.evaluation.gates import GateResult
from silencio.optimize.bundle import Bundle
from silencio.registry.stages import Stage
from silencio.registry.versions import Version
from silencio.release.promote import promote
from tests.registry.bundles import Shelf

GOOD = GateResult.at_least("map", "overall", 0.7, 0.5)
WRITES = (
    "create_registered_model",
    "delete_registered_model",
    "delete_registered_model_alias",
    "log_artifact",
    "set_model_version_tag",
    "set_registered_model_alias",
    "set_registered_model_tag",
    "transition_model_version_stage",
)


def go(shelf: Shelf, version: Version, to: Stage, by: str = "Rosa") -> None:
    now = shelf.registry.get(version.number)
    bundle = shelf.registry.fetch(now)
    promote(
        shelf.registry, shelf.record, now, to, bundle=bundle, gates=(GOOD,), approved_by=by, reason="a test"
    )


def up_to_production(shelf: Shelf) -> tuple[Version, Bundle]:
    version, bundle = shelf.version()
    for stage in (Stage.STAGING, Stage.CANARY, Stage.PRODUCTION):
        go(shelf, version, stage)
    return shelf.registry.get(version.number), bundle


def survives(shelf: Shelf, version: Version, to: Stage, writes: int) -> bool:
    """Promote in another process, which is killed by `kill -9` when it has written so many times."""

    def run() -> None:
        left = writes

        def mortal(write: Callable[..., Any]) -> Callable[..., Any]:
            def dies_first(*arguments: Any, **named: Any) -> Any:
                nonlocal left
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
                return write(*arguments, **named)

            return dies_first

        for name in WRITES:
            setattr(MlflowClient, name, mortal(getattr(MlflowClient, name)))
        os.fsync = mortal(os.fsync)
        go(shelf, version, to)

    process = get_context("fork").Process(target=run)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0
