"""`POST /v1/identify`"""

import uuid
from typing import Any

from fastapi import APIRouter, Request

from silencio.serving.answers import Identification, identification
from silencio.serving.keeping import Answered, keep
from silencio.serving.service import Service
from silencio.serving.uploads import read_recording, suffix_of
from silencio.serving.wish import Wish

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


def routes(service: Service) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/identify", openapi_extra=RECORDING)
    async def identify(request: Request) -> Identification:
        """Which species call, window by window, and over the whole recording."""
        recording = await read_recording(request, service.settings.max_bytes)
        name, wish = uuid.uuid4().hex, Wish()
        suffix = suffix_of(recording)
        heard = await service.engine.hear(recording)
        answer = identification(name, heard)
        if service.feedback is not None:
            over = tuple((s.code, s.confidence) for s in answer.species)
            keep(service.feedback, Answered(name, recording, suffix, heard, over, wish))
        service.metrics.heard(heard, answer)
        return answer

    return router
