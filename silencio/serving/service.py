"""What all routes of one process share."""

from dataclasses import dataclass
from typing import Self

from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving.engine.engine import Engine
from silencio.serving.keeping import Keeper
from silencio.serving.metrics import ServiceMetrics
from silencio.settings import Serving


@dataclass(frozen=True)
class Service:
    settings: Serving
    engine: Engine
    metrics: ServiceMetrics
    feedback: Keeper | None
    """None: nothing that is uploaded is kept, and /v1/feedback knows no request."""

    @classmethod
    def of(cls, bundle: Bundle, settings: Serving = Serving(), feedback: FeedbackStore | None = None) -> Self:
        """Of one bundle, which is loaded and warm once this returns."""
        metrics = ServiceMetrics()
        keeper = Keeper(feedback, settings.keeping, metrics.not_kept) if feedback else None
        return cls(settings, Engine(bundle, settings, metrics), metrics, keeper)

    @property
    def bundle(self) -> Bundle:
        """Whoever answers now; a request that is under way holds on to its own."""
        return self.engine.served.bundle
