"""What Prometheus scrapes: requests, time by stage, batches, what was heard, what was said of it, and by which model.

No label takes a value that a caller can make up: the routes, statuses, stages, reasons and species are the
service's own, so that there are never more series than the model has species and a few dozen.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from silencio.serving.answers import Identification, name_of
from silencio.serving.engine.heard import Heard, Served
from silencio.serving.visits import Visit, this_visit
from silencio.settings import Serving

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 30.0)
WINDOWS = (1, 2, 4, 8, 16, 32, 64)
CONFIDENCE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
WHOLE = "whole"
"""The stage that holds all others: from a request's first byte to its answer's last."""
STAGES = ("decode", "features", "queue", "inference", WHOLE)
TURNED_AWAY = ("full", "late", "draining", "rate", "key")
VERDICTS = ("right", "wrong", "species")
NOT_KEPT = ("full", "store", "speech")
OTHER = "other"


class ServiceMetrics:
    """A registry of its own, so that several apps live in one process. It watches the engine and attends visits."""

    def __init__(self, settings: Serving = Serving()) -> None:
        here = self.registry = CollectorRegistry()
        ProcessCollector(registry=here)
        self._requests = Counter(
            "silencio_requests", "Requests answered.", ["route", "status"], registry=here
        )
        self._in_flight = Gauge("silencio_requests_in_flight", "Requests under way.", registry=here)
        self._stages = Histogram(
            "silencio_stage_seconds",
            "Time of an identification by stage.",
            ["stage"],
            buckets=SECONDS,
            registry=here,
        )
        self._batches = Histogram(
            "silencio_batch_windows",
            "Windows that went through the model together.",
            buckets=WINDOWS,
            registry=here,
        )
        self._batch_seconds = Histogram(
            "silencio_batch_seconds", "Time of the model for a batch.", buckets=SECONDS, registry=here
        )
        self._queue = Gauge("silencio_queue_windows", "Windows that wait for the model.", registry=here)
        limit = Gauge("silencio_queue_limit_windows", "Windows that may wait.", registry=here)
        limit.set(settings.batching.queue)
        self._turned_away = _counter(
            here, "silencio_turned_away", "Requests not taken, or given up.", "reason", TURNED_AWAY
        )
        self._species = Counter(
            "silencio_species_heard", "Recordings in which a species was heard.", ["code"], registry=here
        )
        self._confidence = Histogram(
            "silencio_confidence",
            "The highest probability in a recording, over its threshold or not.",
            buckets=CONFIDENCE,
            registry=here,
        )
        self._feedback = _counter(here, "silencio_feedback", "Words of guides, kept.", "verdict", VERDICTS)
        self._not_kept = _counter(
            here, "silencio_not_kept", "Recordings that could or should not be kept.", "why", NOT_KEPT
        )
        self._model = Info("silencio_model", "The model that answers.", registry=here)
        self._swaps = Counter("silencio_model_swaps", "Times that another version took over.", registry=here)
        self._refused = Counter(
            "silencio_models_refused", "New versions that could not be served.", registry=here
        )
        self._serving: str | None = None
        for stage in STAGES:
            self._stages.labels(stage)

    # What the engine says.

    def batched(self, windows: int, seconds: float) -> None:
        self._batches.observe(windows)
        self._batch_seconds.observe(seconds)

    def waiting(self, windows: int) -> None:
        self._queue.set(windows)

    def turned_away(self, why: str) -> None:
        self._turned_away.labels(_one_of(TURNED_AWAY, why)).inc()

    def serves(self, served: Served) -> None:
        """An Info holds one version: the one before is forgotten with this."""
        bundle = served.bundle
        self._model.info(
            {"digest": bundle.digest, "name": name_of(bundle), "version": served.version or "none"}
        )
        if self._serving not in (None, bundle.digest):
            self._swaps.inc()
        self._serving = bundle.digest
        for species in bundle.species:
            # From zero on: a species that was never heard is a fact too.
            self._species.labels(species.code)

    def refused(self, why: str) -> None:
        self._refused.inc()

    # What routes say.

    def heard(self, heard: Heard, answer: Identification) -> None:
        """Once for a recording, when its answer is made; the request's line in the log learns of it here, too."""
        if visit := this_visit():
            visit.note(heard, answer)
        for stage, seconds in heard.took.items():
            self._stages.labels(_one_of(STAGES, stage)).observe(seconds)
        for species in answer.species:
            self._species.labels(species.code).inc()
        if heard.probabilities.size:
            self._confidence.observe(float(heard.probabilities.max()))

    def said(self, verdict: str) -> None:
        """A guide: `right`, `wrong`, or which `species` it is."""
        self._feedback.labels(_one_of(VERDICTS, verdict)).inc()

    def not_kept(self, why: str) -> None:
        """Too much waits already (`full`), the `store` is away, or somebody seems to speak (`speech`)."""
        self._not_kept.labels(_one_of(NOT_KEPT, why)).inc()

    # What is seen of every request.

    def begins(self, visit: Visit) -> None:
        self._in_flight.inc()

    def ends(self, visit: Visit) -> None:
        self._in_flight.dec()
        self._requests.labels(visit.route, str(visit.status or "none")).inc()
        if visit.windows and visit.status == 200:
            self._stages.labels(WHOLE).observe(visit.seconds)

    def closes(self) -> None: ...

    def text(self) -> bytes:
        return generate_latest(self.registry)


def _counter(
    registry: CollectorRegistry, name: str, says: str, label: str, values: tuple[str, ...]
) -> Counter:
    """At zero for every value from the start: a rate is only seen between two samples."""
    counter = Counter(name, says, [label], registry=registry)
    for value in values:
        counter.labels(value)
    return counter


def _one_of(known: tuple[str, ...], value: str) -> str:
    return value if value in known else OTHER
