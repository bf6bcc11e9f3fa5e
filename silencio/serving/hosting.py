"""Host an app in this process until it is told to stop, or until nobody has asked for anything for long.

On SIGTERM or SIGINT it is not ready any more, finishes what it has, answers whatever comes on top with 503 and hangs
up, and goes; a second signal ends it at once.
"""

import asyncio
import logging
import socket
import time
from types import FrameType

import uvicorn
import uvloop
from starlette.types import ASGIApp

from silencio.errors import WrongUse
from silencio.serving.attending import Attending
from silencio.serving.draining import Draining

log = logging.getLogger(__name__)

DRAIN_SECONDS = 30.0
WS_MESSAGE_BYTES = 1 << 20
LOOK_SECONDS = 0.05
QUIET_SECONDS = 0.3
"""After the signal the port stays open at least so long: who keeps a line open hears that it is to be closed."""
LAST_SECONDS = 1.0
"""For lines on which an answer is still going out when the port is closed."""


def serve(
    app: ASGIApp,
    host: str,
    port: int,
    stop_after_idle: float | None = None,
    draining: Draining | None = None,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Returns once drained, after `drain_seconds` at the latest."""
    listening = _listen(host, port)
    hosted = _Hosted(Attending(app, draining or Draining()), drain_seconds)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(hosted.until_stopped(listening, stop_after_idle))


class _Hosted(uvicorn.Server):
    def __init__(self, attending: Attending, drain_seconds: float) -> None:
        super().__init__(
            uvicorn.Config(
                attending,
                http="httptools",
                ws="websockets-sansio",
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=int(LAST_SECONDS),
                # A message is held whole before anyone sees it, and unpacked: neither may be large.
                ws_max_size=WS_MESSAGE_BYTES,
                ws_per_message_deflate=False,
            )
        )
        self._attending = attending
        self._drain_seconds = drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._attending.draining.begun:
            super().handle_exit(sig, frame)
        self._attending.draining.begin()

    async def until_stopped(self, listening: socket.socket, stop_after_idle: float | None) -> None:
        serving = asyncio.create_task(self.serve(sockets=[listening]))
        while not serving.done() and not self._attending.draining.begun:
            await asyncio.wait([serving], timeout=LOOK_SECONDS)
            if stop_after_idle is not None and self._attending.idle_for() > stop_after_idle:
                log.info("nobody asked for %g s: stopping", stop_after_idle)
                self._attending.draining.begin()
        if not serving.done():
            await self._drain(serving)
        await serving

    async def _drain(self, serving: "asyncio.Task[None]") -> None:
        begun = time.monotonic()
        log.info("stopping: %d requests under way", self._attending.under_way)
        await self._attending.close_sockets()
        while not serving.done() and (took := time.monotonic() - begun) < self._drain_seconds:
            if took > QUIET_SECONDS and not self._attending.under_way:
                break
            await asyncio.wait([serving], timeout=LOOK_SECONDS)
        if self._attending.under_way:
            log.error(
                "%d requests are not done after %g s, and are cut off",
                self._attending.under_way,
                self._drain_seconds,
            )
        self.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Nagle's delay is switched off only where the protocol is named; it costs 40 ms an answer.
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
