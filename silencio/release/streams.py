"""A WebSocket through the gateway: what one side says the other hears, to the code with which it is closed."""

import asyncio
import logging
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from silencio.release.router import TRACK_HEADER, Track
from silencio.serving.hosting import WS_MESSAGE_BYTES
from silencio.serving.problems import problem_response

log = logging.getLogger(__name__)

OPEN_SECONDS, CLOSE_SECONDS = 10.0, 2.0
WENT_AWAY, BROKEN = 1001, 1011
NEVER_SENT = frozenset({1005, 1006, 1015})
"""Codes that say that no code came."""
ONE_LINE = frozenset({"host", "connection", "upgrade", "transfer-encoding", "content-length"})
NEGOTIATED = "sec-websocket-"
"""Each of the two lines has its own."""


async def pass_through(socket: WebSocket, address: str, track: Track) -> None:
    """`socket` is accepted, or refused, as the service at the address says."""
    try:
        service = await _opened(socket, address)
    except InvalidStatus as refusal:
        await socket.send_denial_response(_refused(refusal, track))
        return
    except (OSError, TimeoutError, InvalidHandshake) as error:
        log.warning("%s at %s takes no stream: %r", track, address, error)
        problem = problem_response(503, f"The {track} track does not answer. Try again later.")
        await socket.send_denial_response(problem)
        return
    try:
        await socket.accept(service.subprotocol, headers=[(TRACK_HEADER.encode(), track.encode())])
        await _both_ways(socket, service)
    finally:
        await service.close(WENT_AWAY)


async def _opened(socket: WebSocket, address: str) -> ClientConnection:
    """The host that was asked for stays: a service compares it with the page's own."""
    where = urlsplit(address)
    query = socket.scope["query_string"].decode()
    path = socket.scope["raw_path"].decode() + (f"?{query}" if query else "")
    headers = [
        (name, value)
        for name, value in socket.headers.items()
        if name not in ONE_LINE and not name.startswith(NEGOTIATED)
    ]
    return await connect(
        f"ws://{socket.headers.get('host', where.netloc)}{path}",
        host=where.hostname,
        port=where.port,
        additional_headers=headers,
        subprotocols=[Subprotocol(name) for name in socket.scope["subprotocols"]] or None,
        user_agent_header=None,
        compression=None,
        proxy=None,
        max_size=WS_MESSAGE_BYTES,
        open_timeout=OPEN_SECONDS,
        close_timeout=CLOSE_SECONDS,
        ping_interval=None,  # the service sees to that
    )


def _refused(refusal: InvalidStatus, track: Track) -> Response:
    said = refusal.response
    response = Response(bytes(said.body or b""), said.status_code)
    for name, value in said.headers.raw_items():
        if name.lower() not in ONE_LINE:
            response.headers[name] = value
    response.headers[TRACK_HEADER] = track
    return response


async def _both_ways(socket: WebSocket, service: ClientConnection) -> None:
    """Until either hangs up."""
    async with asyncio.TaskGroup() as ways:
        up = ways.create_task(_up(socket, service))
        await _down(socket, service)
        up.cancel()


async def _up(socket: WebSocket, service: ClientConnection) -> None:
    """What is not taken is not read: who sends too fast is slowed down by the line."""
    with suppress(ConnectionClosed):  # the way down says so
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            content = message.get("bytes")
            await service.send(message["text"] if content is None else content)
        code = message.get("code", WENT_AWAY)
        await service.close(WENT_AWAY if code in NEVER_SENT else code)


async def _down(socket: WebSocket, service: ClientConnection) -> None:
    with suppress(WebSocketDisconnect):
        try:
            while True:
                message = await service.recv()
                if isinstance(message, str):
                    await socket.send_text(message)
                else:
                    await socket.send_bytes(message)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else BROKEN
            reason = closed.rcvd.reason if closed.rcvd else "The service is gone."
            await socket.close(WENT_AWAY if code in NEVER_SENT else code, reason)
