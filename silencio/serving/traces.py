"""Every request as a trace of OpenTelemetry, if `observing.traces` names a collector: its stages are its spans.

It takes part in the trace that a caller's `traceparent` names, and follows whether that caller records it.
"""

from typing import TYPE_CHECKING

from silencio import __version__
from silencio.errors import WrongUse
from silencio.serving.visits import Visit
from silencio.settings import Observing

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

SECONDS_TO_SEND = 5
"""That a collector may take, for each lot of spans."""


class Traces:
    """Spans go out in lots, from a thread of their own; what is left goes when the service stops."""

    def __init__(self, collector: str, share: float = 1.0) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        except ImportError as error:
            raise WrongUse(
                f"observing.traces is set, and OpenTelemetry is not installed ({error}).",
                "Install it with pip install 'silencio[trace]', or leave observing.traces out.",
            ) from error
        exporter = OTLPSpanExporter(f"{collector.rstrip('/')}/v1/traces", timeout=SECONDS_TO_SEND)
        self._provider = provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            shutdown_on_exit=False,
            resource=Resource.create({"service.name": "silencio", "service.version": __version__}),
        )
        provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = provider.get_tracer("silencio.serving", __version__)

    def begins(self, visit: Visit) -> None: ...

    def ends(self, visit: Visit) -> None:
        from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {"traceparent": visit.traceparent} if visit.traceparent else {}
        whole = self._tracer.start_span(
            f"{visit.method} {visit.route}",
            TraceContextTextMapPropagator().extract(carrier),
            SpanKind.SERVER,
            _attributes(visit),
            start_time=visit.begun,
        )
        if visit.status is None or visit.status >= 500:
            whole.set_status(StatusCode.ERROR)
        inside = set_span_in_context(whole)
        for span in visit.spans:
            self._tracer.start_span(span.stage, inside, start_time=span.begun).end(span.ended)
        whole.end(visit.begun + round(visit.seconds * 1e9))

    def closes(self) -> None:
        """Sends what is left."""
        self._provider.shutdown()


def traces_of(observing: Observing) -> list[Traces]:
    """None or one, as the settings say."""
    return [Traces(observing.traces, observing.traced_share)] if observing.traces else []


def _attributes(visit: Visit) -> "dict[str, AttributeValue]":
    attributes: dict[str, AttributeValue] = {
        "http.request.method": visit.method,
        "http.route": visit.route,
        "http.request.body.size": visit.bytes,
        "silencio.id": visit.id,
        "silencio.windows": visit.windows,
    }
    if visit.status is not None:
        attributes["http.response.status_code"] = visit.status
    if visit.digest is not None:
        attributes["silencio.model"] = visit.digest
    return attributes
