"""`GET /v1/species`, `/v1/model`, and whether the service is up."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from silencio.serving.answers import ModelAnswer, SpeciesAnswer, name_of
from silencio.serving.service import Service


def routes(service: Service) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/species")
    def species() -> list[SpeciesAnswer]:
        """The species that the model knows, in the order of its classes."""
        return [SpeciesAnswer.of(s) for s in service.bundle.species]

    @router.get("/v1/model")
    def model() -> ModelAnswer:
        """Which model answers, and what its bundle says of it."""
        served = service.engine.served
        bundle = served.bundle
        return ModelAnswer(
            digest=bundle.digest,
            name=name_of(bundle),
            version=served.version,
            facts=dict(bundle.facts),
            card=bundle.card,
            species=len(bundle.species),
            window_seconds=bundle.front_end.window_seconds,
            max_bytes=service.settings.max_bytes,
            max_seconds=service.settings.max_seconds,
        )

    @router.get("/healthz", include_in_schema=False)
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @router.get("/readyz", include_in_schema=False)
    async def ready() -> JSONResponse:
        # The model is loaded and warm before the app exists: who answers is ready, until it is told to stop.
        draining, served = service.draining.begun, service.engine.served
        state = {
            "state": "draining" if draining else "ready",
            "digest": served.bundle.digest,
            "version": served.version,
        }
        return JSONResponse(state, 503 if draining else 200)

    @router.get("/metrics", include_in_schema=False)
    def scrape() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return router
