"""`WS /v1/stream`"""

from typing import Any

from fastapi import APIRouter, WebSocket

from silencio.serving.live.line import Line
from silencio.serving.live.listening import listen
from silencio.serving.live.messages import Opening
from silencio.serving.service import Service

SUBPROTOCOL = "silencio"

DOCUMENTED: dict[str, Any] = {
    "tags": ["identify"],
    "summary": "Stream",
    "description": (
        "A WebSocket, which OpenAPI has no words for. The first message is JSON, as below; then come binary "
        'messages of samples, of any length up to 1 MiB, and at last `{"end": true}`. Each window is answered once '
        "its last sample came; after the end there is a summary, and the stream is closed with 1000. Windows are "
        "those of the same recording sent whole. A page offers its key as a subprotocol beside `silencio`."
    ),
    "operationId": "stream",
    "responses": {
        "101": {
            "description": "Messages of JSON: one a window, then the summary; or an error, and a closing code.",
            "content": {
                "application/json": {
                    "example": {
                        "window": 0,
                        "start": 0.0,
                        "end": 5.0,
                        "species": [{"code": "frogli1", "common_name": "Litter frog", "confidence": 0.91}],
                        "probabilities": {"frogli1": 0.91, "howmon1": 0.02},
                        "request": "0b6f3c0e5d5c4c0c8f1f1e0d9a7b6c5d",
                    }
                }
            },
        }
    },
    "x-first-message": {
        "schema": Opening.model_json_schema(),
        "example": {"format": "pcm_s16le", "sample_rate": 48_000, "channels": 1, "tour": "dawn-walk-7"},
    },
    "x-closing-codes": {
        "1000": "All was heard.",
        "1001": "The service is stopping: open another stream.",
        "1003": "A message is not what it should be.",
        "1008": "The first message makes no sense, or nothing came for too long.",
        "1009": "The stream, or one of its messages, is too long.",
        "1013": "Too much is asked of the service: come again.",
    },
}


def routes(service: Service) -> APIRouter:
    router = APIRouter()

    @router.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await listen(service, Line(socket, service.settings.idle_seconds))

    return router
