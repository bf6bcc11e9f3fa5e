"""What Prometheus scrapes: requests by status, latency by stage, what was heard, and by which model."""

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silencio.serving.answers import Identification, name_of
from silencio.serving.engine.heard import Heard, Served
from silencio.serving.engine.watching import Nobody

BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


class ServiceMetrics(Nobody):
    """A registry of its own, so that several apps live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "silencio_requests", "Requests answered.", ["route", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "silencio_stage_seconds", "Time by stage.", ["stage"], buckets=BUCKETS, registry=self.registry
        )
        self.species = Counter(
            "silencio_species_heard",
            "Recordings in which a species was heard.",
            ["code"],
            registry=self.registry,
        )
        self.feedback = Counter("silencio_feedback", "Words of guides, kept.", registry=self.registry)
        self.lost = Counter(
            "silencio_not_kept",
            "Requests that are not kept: no room (full), no store, or no audio for people speak (speech).",
            ["why"],
            registry=self.registry,
        )
        self.model = Info("silencio_model", "The model that answers.", registry=self.registry)

    def serves(self, served: Served) -> None:
        self.model.info({"digest": served.bundle.digest, "name": name_of(served.bundle)})

    def heard(self, heard: Heard, answer: Identification) -> None:
        for stage, seconds in heard.took.items():
            self.latency.labels(stage).observe(seconds)
        for species in answer.species:
            self.species.labels(species.code).inc()

    def not_kept(self, why: str) -> None:
        self.lost.labels(why).inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)


class CountRequests:
    """Counts by route, not by path: a scanner's paths must not each become a series."""

    def __init__(self, app: ASGIApp, metrics: ServiceMetrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self._requests.labels(route, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counted if scope["type"] == "http" else send)
