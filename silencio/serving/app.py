"""The API over one service. Build the app once a process: the service has the model."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from silencio import __version__
from silencio.serving.access.guard import Guard
from silencio.serving.access.headers import CarefulHeaders
from silencio.serving.access.keys import KeyFile
from silencio.serving.logbook import Logbook
from silencio.serving.patience import Patience
from silencio.serving.problems import documented
from silencio.serving.refusals import answer_problems
from silencio.serving.routes import about, docs, feedback, identify, page, stream, tours
from silencio.serving.service import Service
from silencio.serving.traces import traces_of
from silencio.serving.visits import Attend, Attends

OF_EVERY_ROUTE = documented(
    {
        401: "A key is needed, or the one that was shown is not known.",
        403: "The key may not do this, or a page of another site asks.",
        408: "The body did not come, or hardly.",
        413: "The body is too large.",
        422: "What was sent makes no sense here; the problem says what, and what to do.",
        429: "Too much was asked at once: come again after `Retry-After` seconds.",
        503: "The service is stopping, or cannot do this now: come again.",
        "4XX": "What was wrong.",
    }
)
COUNT_FOR_THEMSELVES = frozenset({"/v1/identify"})
DESCRIPTION = """\
Which species call in a recording.

Where the service has keys, send yours as `Authorization: Bearer …` or as `X-API-Key`. Every error is an
`application/problem+json` that says what was found, and what to do."""


class Api(FastAPI):
    """OpenAPI knows no sockets: ours stand in an extension of the document."""

    def openapi(self) -> dict[str, Any]:
        return {**super().openapi(), "x-websockets": {"/v1/stream": stream.DOCUMENTED}}


def create_app(service: Service) -> FastAPI:
    app = Api(
        title="Silencio",
        version=__version__,
        description=DESCRIPTION,
        responses=OF_EVERY_ROUTE,
        docs_url=None,
        redoc_url=None,
    )
    answer_problems(app)
    _stand_before(app, service)
    for router in (
        identify.routes(service),
        stream.routes(service),
        feedback.routes(service),
        tours.routes(service),
        about.routes(service),
        docs.routes(),
        page.routes(),
    ):
        app.include_router(router)
    return app


def _stand_before(app: FastAPI, service: Service) -> None:
    """What is added last is asked first."""
    access = service.settings.access
    keys = KeyFile(access.keys) if access.keys is not None else None
    if keys is not None:
        keys.all()  # a wrong path is said at the start, not to the first who asks
    app.add_middleware(
        Patience, seconds=service.settings.idle_seconds, counted_elsewhere=COUNT_FOR_THEMSELVES
    )
    app.add_middleware(Guard, access=access, keys=keys, turned_away=service.metrics.turned_away)
    if access.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-api-key", "x-request-id"],
            expose_headers=[
                "x-request-id",
                "retry-after",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
            ],
        )
    app.add_middleware(CarefulHeaders)
    attending: list[Attends] = [service.metrics, Logbook(), *traces_of(service.settings.observing)]
    app.add_middleware(Attend, attending=attending)
