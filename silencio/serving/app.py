"""The API over one service. Build the app once a process: the service has the model."""

from fastapi import FastAPI

from silencio import __version__
from silencio.serving.metrics import CountRequests
from silencio.serving.refusals import answer_problems
from silencio.serving.routes import about, feedback, identify, page, tours
from silencio.serving.service import Service

PROBLEM = {"schema": {"type": "object", "required": ["type", "title", "status", "detail"]}}


def create_app(service: Service) -> FastAPI:
    app = FastAPI(
        title="Silencio",
        version=__version__,
        description="Which species call in a recording.",
        responses={
            "4XX": {"description": "What was wrong.", "content": {"application/problem+json": PROBLEM}}
        },
    )
    answer_problems(app)
    app.add_middleware(CountRequests, metrics=service.metrics)
    for router in (
        identify.routes(service),
        feedback.routes(service),
        tours.routes(service),
        about.routes(service),
        page.routes(),
    ):
        app.include_router(router)
    return app
