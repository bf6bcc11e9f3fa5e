"""Make every way in which a request can fail answer in the same form."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from silencio.audio import Unreadable
from silencio.serving.problems import Problem, problem_response
from silencio.serving.triton.client import TritonAway

log = logging.getLogger(__name__)

LATER_SECONDS = 5
"""When to come again while what runs the model is away."""


def answer_problems(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(Unreadable)
    async def _unreadable(request: Request, error: Unreadable) -> Response:
        return problem_response(422, str(error))

    @app.exception_handler(TritonAway)
    async def _away(request: Request, error: TritonAway) -> Response:
        log.error("%s", error)
        again = {"retry-after": str(LATER_SECONDS)}
        return problem_response(503, "The model cannot be asked at this moment. Come again.", again)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
        return problem_response(422, f"{wrong}. See /docs for what this route takes.")

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> Response:
        detail = f"{request.method} {request.url.path}: {error.detail}. See /docs for the routes."
        return problem_response(error.status_code, detail, error.headers)

    @app.exception_handler(Exception)
    async def _broken(request: Request, error: Exception) -> Response:
        log.error("%s %s broke", request.method, request.url.path, exc_info=error)
        return problem_response(500, "The service is at fault, not the request. Its log says why.")
