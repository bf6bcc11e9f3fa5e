"""The API over one bundle. Build the app once a process: it loads the model and warms it."""

import difflib
import logging
import os
import time
import uuid
from functools import partial
from importlib.resources import files
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from silencio import __version__
from silencio.data.feedback import FeedbackStore
from silencio.optimize.bundle import Bundle
from silencio.serving import answers
from silencio.serving.answers import Feedback, Identification, ModelAnswer, SpeciesAnswer, Thanks
from silencio.serving.listening import Listener
from silencio.serving.metrics import CountRequests, ServiceMetrics
from silencio.serving.problems import Problem
from silencio.serving.refusals import answer_problems
from silencio.serving.uploads import read_recording, suffix_of
from silencio.settings import Serving

log = logging.getLogger(__name__)

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
media-src blob:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

AUDIO = {"schema": {"type": "string", "format": "binary"}}
RECORDING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "WAV, FLAC, OGG or MP3, as the body or as the form field `file`.",
        "content": {
            "application/octet-stream": AUDIO,
            "audio/*": AUDIO,
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": AUDIO["schema"]}}
            },
        },
    }
}
PROBLEM = {"schema": {"type": "object", "required": ["type", "title", "status", "detail"]}}


def create_app(bundle: Bundle, limits: Serving, feedback: FeedbackStore | None) -> FastAPI:
    """Without a feedback store nothing that is uploaded is kept, and /v1/feedback knows no request."""
    listener = Listener(bundle, limits)
    metrics = ServiceMetrics(bundle)
    workers = anyio.CapacityLimiter(os.cpu_count() or 1)
    page = (files("silencio.serving") / "page.html").read_text()
    codes = [s.code for s in bundle.species]

    app = FastAPI(
        title="Silencio",
        version=__version__,
        description="Which species call in a recording.",
        responses={
            "4XX": {"description": "What was wrong.", "content": {"application/problem+json": PROBLEM}}
        },
    )
    answer_problems(app)
    app.add_middleware(CountRequests, metrics=metrics)

    @app.post("/v1/identify", openapi_extra=RECORDING)
    async def identify(request: Request) -> Identification:
        """Which species call, window by window, and over the whole recording."""
        recording = await read_recording(request, limits.max_bytes)
        name = uuid.uuid4().hex
        return await anyio.to_thread.run_sync(partial(listen, name, recording), limiter=workers)

    def listen(name: str, recording: bytes) -> Identification:
        begun = time.perf_counter()
        suffix = suffix_of(recording)
        heard = listener(recording)
        answer = answers.identification(name, bundle, heard)
        if feedback is not None:
            feedback.hear(name, recording, suffix, bundle.digest)
        metrics.heard(heard, answer)
        took = 1000 * (time.perf_counter() - begun)
        log.info("%s: %.1f s, %d species, %.1f ms", name, heard.seconds, len(answer.species), took)
        return answer

    @app.post("/v1/feedback", status_code=201)
    def correct(word: Feedback) -> Thanks:
        """Say which species is really heard in a recording that was identified."""
        if word.species not in codes:
            near = difflib.get_close_matches(word.species, codes, n=3, cutoff=0.4) or codes[:3]
            raise Problem(
                422, f"{word.species!r} is no species of this model.", f"Near are {', '.join(near)}."
            )
        if feedback is None or not feedback.correct(word.request, word.species, word.said_by):
            why = "it keeps no recordings" if feedback is None else "it heard none of that name"
            raise Problem(
                404,
                f"This service knows no request {word.request!r}: {why}.",
                "Identify the recording again.",
            )
        metrics.feedback.inc()
        return Thanks(request=word.request, species=word.species)

    @app.get("/v1/species")
    def species() -> list[SpeciesAnswer]:
        """The species that the model knows, in the order of its classes."""
        return [SpeciesAnswer.of(s) for s in bundle.species]

    @app.get("/v1/model")
    def model() -> ModelAnswer:
        """Which model answers, and what its bundle says of it."""
        return ModelAnswer(
            digest=bundle.digest,
            name=answers.name_of(bundle),
            facts=dict(bundle.facts),
            species=len(codes),
            window_seconds=bundle.front_end.window_seconds,
            max_bytes=limits.max_bytes,
            max_seconds=limits.max_seconds,
        )

    @app.get("/healthz", include_in_schema=False)
    @app.get("/readyz", include_in_schema=False)
    def ready() -> PlainTextResponse:
        # The model is loaded and warm before the app exists: who answers is ready.
        return PlainTextResponse("ok")

    @app.get("/metrics", include_in_schema=False)
    def scrape() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/", include_in_schema=False)
    def start() -> HTMLResponse:
        return HTMLResponse(page, headers={"content-security-policy": PAGE_POLICY})

    return app
