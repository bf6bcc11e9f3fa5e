"""The API over one service. Build the app once a process: the service has the model."""

from fastapi import FastAPI

from silencio import __version__
from silencio.serving.logbook import Logbook
from silencio.serving.refusals import answer_problems
from silencio.serving.routes import about, feedback, identify, page
from silencio.serving.service import Service
from silencio.serving.traces import traces_of
from silencio.serving.visits import Attend, Attends

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
    attending: list[Attends] = [service.metrics, Logbook(), *traces_of(service.settings.observing)]
    app.add_middleware(Attend, attending=attending)
    for router in (
        identify.routes(service),
        feedback.routes(service),
        about.routes(service),
        page.routes(),
    ):
        app.include_router(router)
    return app
