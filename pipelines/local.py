"""Run a pipeline on this machine, each step in a process of its own, and follow it."""

import json
import os
import re
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.interruption import interruptible
from pipelines.listening import Listener
from pipelines.step import Follow, State, Step
from pipelines.warm import warm_steps
from silencio.errors import GateRefused, SilencioError
from silencio.handover import MANIFEST
from silencio.workspace import Workspace

if TYPE_CHECKING:
    from kfp.dsl.base_component import BaseComponent
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineSpec


def run(
    pipeline: "BaseComponent",
    arguments: Mapping[str, Any],
    workspace: Workspace,
    follow: Follow,
    fresh: bool = False,
) -> list[Step]:
    """The steps that ran or were found done. Raises if one broke; that a gate stopped the run is no error.

    `fresh` asks every step again; what the workspace holds is still used. Ctrl-C and SIGTERM end the steps, then
    raise Interrupted.
    """
    # Behind the door: it takes seconds to import, and a run on a cluster is followed with the same steps.
    from kfp import local
    from kfp.local.pipeline_orchestrator import run_local_pipeline

    root = workspace / "pipeline"
    named = f"{pipeline.name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    listener = Listener(workspace / "logs" / named, follow, root / "cache")
    with warnings.catch_warnings():
        # Each step is run by this interpreter, whatever its image is called.
        warnings.simplefilter("ignore")
        local.init(
            local.SubprocessRunner(use_venv=False),
            pipeline_root=str(root),
            enable_caching=not fresh,
            cache_root=str(root / "cache"),
        )
        forget_what_is_gone(root / "cache")
        with warm_steps() as end_steps, listener, interruptible(_both(listener.end, end_steps)):
            try:
                run_local_pipeline(tried_once(pipeline.pipeline_spec), dict(arguments))
            except RuntimeError as error:
                raise _explained(listener) from error
    return listener.steps


def tried_once(spec: "PipelineSpec") -> "PipelineSpec":
    """The same pipeline without second attempts: they are for nodes that get lost. Here a step that failed would
    only fail again, after a pause."""
    alone = type(spec)()
    alone.CopyFrom(spec)
    for dag in [alone.root.dag, *(component.dag for component in alone.components.values())]:
        for task in dag.tasks.values():
            task.ClearField("retry_policy")
    return alone


def forget_what_is_gone(cache: Path) -> None:
    """Kubeflow's cache knows only receipts: an entry goes with the hand-over that its receipt is for."""
    for entry in cache.glob("*.json"):
        uris = re.findall(r'"uri": "([^"]+)"', entry.read_text())
        if not all(_still_there(Path(uri)) for uri in uris):
            entry.unlink()


def _still_there(artifact: Path) -> bool:
    """Also if it was deleted and made again: it may have come out otherwise."""
    if not artifact.exists():
        return False
    try:
        receipt = json.loads(artifact.read_text())
        address, digest = receipt["address"], receipt["digest"]
    except (ValueError, KeyError, TypeError, IsADirectoryError):
        return True  # no receipt: the artifact is all that there is
    manifest = Path(address) / MANIFEST
    return manifest.exists() and f'"digest": "{digest}"' in manifest.read_text()


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def done() -> None:
        first()
        second()

    return done


def _explained(listener: Listener) -> SilencioError:
    steps = listener.steps
    place = next((n for n, step in enumerate(steps) if step.state is State.FAILED), None)
    where = f"The whole log: {steps[0].log}." if steps else "Run it with -v to see more."
    if place is None:
        return SilencioError("A step broke.", where)
    broken = steps[place]
    if broken.refusal:
        kind, sentence = broken.refusal
        error = GateRefused if kind == GateRefused.__name__ else SilencioError
        return error(f"{broken.name}: {sentence}", where)
    return SilencioError(f"{broken.name} broke:\n{''.join(listener.tails.get(place, []))}", where)
