"""What all routes of one process share."""

from dataclasses import dataclass
from typing import Self

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.draining import Draining
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.opening import open_served
from silencio.serving.keeping.keeper import Keeper
from silencio.serving.metrics import ServiceMetrics
from silencio.settings import Serving


@dataclass(frozen=True)
class Service:
    settings: Serving
    engine: Engine
    metrics: ServiceMetrics
    feedback: Keeper | None
    """None: nothing that is uploaded is kept, and /v1/feedback knows no request."""
    draining: Draining
    """Begun once the service is told to stop."""

    @classmethod
    def of(
        cls,
        bundle: Bundle,
        settings: Serving = Serving(),
        feedback: FeedbackStore | None = None,
        version: str | None = None,
    ) -> Self:
        """Of one bundle, which is loaded and warm once this returns; `version` is its number in the registry."""
        metrics = ServiceMetrics(settings)
        ear = feedback is not None and settings.keeping.drop_speech
        served = open_served(bundle, settings.threads, version, settings.triton)
        engine = Engine(served, settings, metrics, ear)
        keeper = Keeper(feedback, settings.keeping, metrics.not_kept) if feedback else None
        return cls(settings, engine, metrics, keeper, Draining(lambda: metrics.turned_away("draining")))

    def close(self) -> None:
        """Once nothing comes any more: what is to be kept is written, within the time to drain."""
        if self.feedback is not None:
            self.feedback.close(self.settings.drain_seconds)

    @property
    def bundle(self) -> Bundle:
        """Whoever answers now; a request that is under way holds on to its own."""
        return self.engine.served.bundle
