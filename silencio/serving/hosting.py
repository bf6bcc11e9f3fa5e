"""Host an app in this process until it is told to stop, or until nobody has asked for anything for long."""

import asyncio
import logging
import socket
import time

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from silencio.errors import WrongUse

log = logging.getLogger(__name__)

WATCHERS = frozenset({"/healthz", "/readyz", "/metrics", "/gateway/healthz"})
"""Asked by machines on a clock: they keep no server alive."""
DRAIN_SECONDS = 30
WS_MESSAGE_BYTES = 1 << 20
LOOK_SECONDS = 0.2


def serve(app: ASGIApp, host: str, port: int, stop_after_idle: float | None = None) -> None:
    """On SIGTERM or SIGINT: takes no more requests, finishes those it has, and goes."""
    asyncio.run(_serve(app, _listen(host, port), stop_after_idle))


async def _serve(app: ASGIApp, listening: socket.socket, stop_after_idle: float | None) -> None:
    activity = _Activity(app)
    config = uvicorn.Config(
        activity,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        # A message is held whole before anyone sees it, and unpacked: neither may be large.
        ws_max_size=WS_MESSAGE_BYTES,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while stop_after_idle is not None and not serving.done():
        await asyncio.wait([serving], timeout=LOOK_SECONDS)
        if activity.idle_for() > stop_after_idle and not server.should_exit:
            log.info("nobody asked for %g s: stopping", stop_after_idle)
            server.should_exit = True
    await serving


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; it costs 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise WrongUse(
            f"{host}:{port} cannot be listened on ({error.strerror}).", "Choose another --host or --port."
        ) from error
    return listening


class _Activity:
    """When somebody last asked for something."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way = 0
        self._last = time.monotonic()

    def idle_for(self) -> float:
        return 0.0 if self._under_way else time.monotonic() - self._last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in WATCHERS:
            await self._app(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
            self._last = time.monotonic()
