"""`GET /v1/tours/{id}`"""

from typing import Annotated

from fastapi import APIRouter, Path

from silencio.data.feedback import StoreLost
from silencio.serving.problems import Problem, documented
from silencio.serving.service import Service
from silencio.serving.tours import Tour, tour_of

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"

PROBLEMS = documented({404: "No such tour.", 503: "What was heard cannot be read at this moment."})


def routes(service: Service) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/tours/{tour}", responses=PROBLEMS)
    def diversity(
        tour: Annotated[
            str,
            Path(
                description="As the recordings were sent with. Whoever knows it may ask: make it hard to guess.",
                max_length=128,
                pattern=PRINTABLE,
            ),
        ],
    ) -> Tour:
        """The species diversity of a tour, by all its recordings so far and what guides say about them."""
        try:
            visits = service.feedback.tour(tour) if service.feedback else []
        except StoreLost as error:
            raise Problem(
                503, "What was heard cannot be read at this moment.", "Ask again in a minute."
            ) from error
        if not visits:
            raise Problem(
                404, f"This service knows no tour {tour!r}.", "Name it as the recordings were sent with."
            )
        return tour_of(tour, visits, {s.code: s.common_name for s in service.bundle.species})

    return router
