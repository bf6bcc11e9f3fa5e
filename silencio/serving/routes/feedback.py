"""`POST /v1/feedback`"""

import difflib

from fastapi import APIRouter

from silencio.serving.answers import Feedback, Thanks
from silencio.serving.problems import Problem
from silencio.serving.service import Service


def routes(service: Service) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/feedback", status_code=201)
    def correct(word: Feedback) -> Thanks:
        """Say which species is really heard in a recording that was identified."""
        codes = [s.code for s in service.bundle.species]
        if word.species not in codes:
            near = difflib.get_close_matches(word.species, codes, n=3, cutoff=0.4) or codes[:3]
            raise Problem(
                422, f"{word.species!r} is no species of this model.", f"Near are {', '.join(near)}."
            )
        kept = service.feedback
        if kept is None or not kept.correct(word.request, word.species, word.said_by):
            why = "it keeps no recordings" if kept is None else "it heard none of that name"
            raise Problem(
                404,
                f"This service knows no request {word.request!r}: {why}.",
                "Identify the recording again.",
            )
        service.metrics.said("species")
        return Thanks(request=word.request, species=word.species)

    return router
