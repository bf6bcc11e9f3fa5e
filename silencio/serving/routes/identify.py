"""`POST /v1/identify`"""

import time
import uuid
from functools import partial
from typing import Annotated
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError

from silencio.serving import examples
from silencio.serving.answers import Identification, identification
from silencio.serving.engine.heard import Heard
from silencio.serving.exports.formats import MEDIA_TYPES, SUFFIXES, accepted, text_of
from silencio.serving.findings import Findings
from silencio.serving.keeping.keeper import Answered, keep
from silencio.serving.pictures import prepared
from silencio.serving.problems import documented
from silencio.serving.service import Service
from silencio.serving.uploads import Upload, read_upload
from silencio.serving.wish import Asked, Format, Wish, harmless

PROBLEMS = documented(
    {
        400: "The upload broke off, or its form is broken.",
        406: "No such format is answered.",
        415: "The upload is no recording of a known kind.",
        504: "The deadline passed before there was an answer.",
    }
)


def routes(service: Service) -> APIRouter:
    router = APIRouter(tags=["identify"])

    @router.post(
        "/v1/identify",
        response_model=Identification,
        responses={200: examples.ANSWERS, **PROBLEMS},
        openapi_extra=examples.RECORDING,
    )
    async def identify(request: Request, query: Annotated[Asked, Query()]) -> Response:
        """Which species call, window by window, and over the whole recording."""
        since = time.monotonic()
        accepts = query.format or accepted(request.headers.get("accept"))
        upload = await read_upload(request, service.settings.max_bytes)
        asked = _said(upload).over(query)
        wish = asked.wish([s.code for s in service.bundle.species])
        heard = await _hear(service, upload, asked, wish, since)

        name = uuid.uuid4().hex
        found = Findings.of(harmless(asked.name or upload.name), heard, wish)
        answer = identification(name, found)
        if service.feedback is not None:
            over = tuple((s.code, s.confidence) for s in answer.species)
            keep(service.feedback, Answered(name, upload.recording, upload.suffix, heard, over, wish))
        service.metrics.heard(heard, answer)
        return _response(asked.format or accepts, found, answer, asked.merge)

    return router


def _said(upload: Upload) -> Asked:
    """What stood beside the recording; an empty field of a form says nothing."""
    try:
        return Asked.model_validate({key: value for key, value in upload.said.items() if value != ""})
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from error


async def _hear(service: Service, upload: Upload, asked: Asked, wish: Wish, since: float) -> Heard:
    """`since` is when the request came, by `time.monotonic`."""
    deadline = None if wish.deadline is None else since + wish.deadline
    if upload.pictures is None:
        return await service.engine.hear(upload.recording, wish.priority, deadline)
    served = service.engine.served
    preparing = partial(prepared, upload.pictures, asked.scale, served, service.settings.max_seconds)
    return await service.engine.hear(await anyio.to_thread.run_sync(preparing), wish.priority, deadline)


def _response(format: Format, found: Findings, answer: Identification, merge: bool) -> Response:
    headers = {"vary": "accept", "x-silencio-request": answer.request}
    if format == "json":
        return Response(answer.model_dump_json(), media_type=MEDIA_TYPES[format], headers=headers)
    headers["content-disposition"] = _as_file(found.name + SUFFIXES[format])
    return Response(text_of(found, format, merge), media_type=MEDIA_TYPES[format], headers=headers)


def _as_file(name: str) -> str:
    """Headers are Latin-1; a name beyond ASCII goes by RFC 6266."""
    return (
        f'attachment; filename="{name}"' if name.isascii() else f"attachment; filename*=UTF-8''{quote(name)}"
    )
