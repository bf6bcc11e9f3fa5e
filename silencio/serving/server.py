"""The service as a process.

silencio serve --bundle workspace/models/bundles/0123abcd --port 8000
"""

import gc
import ipaddress
import logging
from pathlib import Path

from silencio.data.feedback import FeedbackStore
from silencio.errors import WrongUse
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.engine.following import Following
from silencio.serving.engine.sources import Look, first_of
from silencio.serving.hosting import serve
from silencio.serving.service import Service
from silencio.settings import Serving

log = logging.getLogger(__name__)


def run(
    look: Look,
    where: str,
    feedback_folder: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: Serving = Serving(),
    open_to_all: bool = False,
    stop_after_idle: float | None = None,
) -> None:
    """Serve what `look` finds, and what it finds later. Returns once drained.

    `where` is what people call the place. Raises before the port opens: a bundle that was tampered with, and an
    address that others reach while nobody needs a key, unless it is to be `open_to_all`.
    """
    _check_who_may_ask(host, settings, open_to_all)
    now = first_of(look, where)
    bundle = Bundle.open(now.folder)
    feedback = FeedbackStore(feedback_folder, settings.keeping) if feedback_folder is not None else None
    service = Service.of(bundle, settings, feedback, now.version)
    app = create_app(service)
    # What is there now stays: the collector need not walk through it while requests wait.
    gc.collect()
    gc.freeze()
    log.info("serving bundle %s on http://%s:%d", bundle.digest[:12], host, port)
    following = Following(
        service.engine,
        look,
        now,
        settings.refresh_seconds,
        settings.threads,
        service.metrics,
        settings.triton,
    )
    try:
        with following:
            serve(app, host, port, stop_after_idle, service.draining, settings.drain_seconds)
    finally:
        service.close()


def _check_who_may_ask(host: str, settings: Serving, open_to_all: bool) -> None:
    if open_to_all or settings.access.keys is not None or _is_loopback(host):
        return
    raise WrongUse(
        f"Whoever reaches {host} could ask, for there are no keys (access.keys).",
        "Make some with `silencio keys add`, listen on 127.0.0.1, or say --open where something else guards the port.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
