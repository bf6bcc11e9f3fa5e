"""The service as a process.

silencio serve --bundle workspace/models/bundles/0123abcd --port 8000
"""

import logging
from pathlib import Path

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.app import create_app
from silencio.serving.hosting import serve
from silencio.serving.service import Service
from silencio.settings import Serving

log = logging.getLogger(__name__)


def run(
    bundle_folder: Path,
    feedback_folder: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: Serving = Serving(),
    stop_after_idle: float | None = None,
) -> None:
    """Serve a bundle. Returns once drained; a bundle that was tampered with raises before the port opens."""
    bundle = Bundle.open(bundle_folder)
    feedback = FeedbackStore(feedback_folder, settings.keeping) if feedback_folder is not None else None
    service = Service.of(bundle, settings, feedback)
    log.info("serving bundle %s on http://%s:%d", bundle.digest[:12], host, port)
    try:
        serve(create_app(service), host, port, stop_after_idle)
    finally:
        if service.feedback is not None:
            service.feedback.close()
