"""The embedded gateway: one address in front of the tracks of this machine, with weights that change live.

    silencio gateway --port 8000 --state workspace/release/gateway.json

It retries nothing: what a track gets wrong shall be seen. The state file holds the routes and the token that
changing them takes.
"""

import asyncio
import hmac
import ipaddress
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route as Endpoint
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from silencio.errors import SilencioError, WrongUse
from silencio.release.router import TRACK_HEADER, Route, Track, check_routes
from silencio.release.state import read_state, write_state
from silencio.release.streams import pass_through
from silencio.release.turns import Turns
from silencio.serving.hosting import serve
from silencio.serving.problems import TOO_LARGE, problem_response

log = logging.getLogger(__name__)

ROUTES = "/gateway/routes"
HEALTH = "/gateway/healthz"
TIMEOUT = httpx.Timeout(60.0, connect=2.0)
DRAIN_SECONDS = 30.0
KEEP_ALIVE_SECONDS = 2.0
"""Less than the 5 s after which a service hangs up: no request may meet a line that is just being closed."""

RETRY = {"retry-after": "5"}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

ONE_LINE = frozenset(
    b"accept-encoding connection expect host keep-alive proxy-authenticate proxy-authorization te trailer "
    b"transfer-encoding upgrade".split()
)
"""Headers that speak of one connection only."""


def run(state: Path, host: str = "127.0.0.1", port: int = 8000, stop_after_idle: float | None = None) -> None:
    """Serve with the routes that the state file holds; one is made if there is none."""
    serve(Gateway(state).app, host, port, stop_after_idle)


class Gateway:
    def __init__(self, state: Path) -> None:
        kept = read_state(state)
        self._state = state
        self._token = kept.get("token") or secrets.token_urlsafe(32)
        self._under_way: Counter[str] = Counter()
        self._use(routes_from_json(kept.get("routes", {})))
        endpoints = [
            Endpoint(ROUTES, self._read, methods=["GET"]),
            Endpoint(ROUTES, self._change, methods=["PUT"]),
            Endpoint(HEALTH, self._alive, methods=["GET"]),
            Endpoint("/{path:path}", self._forward, methods=METHODS),
            WebSocketRoute("/{path:path}", self._stream),
        ]
        self.app = Starlette(routes=endpoints, lifespan=self._lifespan)

    def _use(self, routes: Mapping[Track, Route]) -> None:
        check_routes(routes)
        self._routes = dict(routes)
        self._turns = Turns({track: route.weight for track, route in routes.items()})
        write_state(self._state, {"token": self._token, "routes": routes_to_json(routes)})

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS)
        async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, trust_env=False) as self._client:
            yield

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _read(self, request: Request) -> Response:
        return self._refuse(request) or JSONResponse(routes_to_json(self._routes))

    async def _change(self, request: Request) -> Response:
        """Answers once no request is under way to an address that has left the routes: it may be stopped."""
        if refusal := self._refuse(request):
            return refusal
        before = {route.address for route in self._routes.values()}
        try:
            self._use(routes_from_json(await request.json()))
        except (WrongUse, ValueError, KeyError, TypeError, AttributeError) as error:
            return problem_response(422, f"These are no routes: {error}")
        gone = before - {route.address for route in self._routes.values()}
        until = time.monotonic() + DRAIN_SECONDS
        while any(self._under_way[address] for address in gone) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        log.info("routes: %s", {str(track): route.weight for track, route in self._routes.items()})
        return JSONResponse(routes_to_json(self._routes))

    def _refuse(self, request: Request) -> Response | None:
        said = request.headers.get("authorization", "").encode()
        if _is_loopback(request) and hmac.compare_digest(said, f"Bearer {self._token}".encode()):
            return None
        return problem_response(
            403, f"Routes are changed from this machine, with the token in {self._state.name}."
        )

    async def _forward(self, request: Request) -> Response:
        track = self._track_for(request)
        if isinstance(track, Response):
            return track
        with self._asking(track) as address:
            response = await self._ask(request, address, track)
        response.headers[TRACK_HEADER] = track
        return response

    async def _stream(self, socket: WebSocket) -> None:
        track = self._track_for(socket)
        if isinstance(track, Response):
            await socket.send_denial_response(track)
            return
        with self._asking(track) as address:
            await pass_through(socket, address, track)

    def _track_for(self, request: HTTPConnection) -> Track | Response:
        """The one that is asked for, or whose turn it is; why there is none."""
        asked = request.headers.get(TRACK_HEADER)
        try:
            track = Track(asked) if asked else self._turns.next()
        except ValueError:
            return problem_response(400, f"{asked!r} is no track. There are {', '.join(Track)}.")
        if track is None or track not in self._routes:
            whom = f"The {track} track" if track else "Any track"
            return problem_response(503, f"{whom} is not up. Deploy a release there first.", RETRY)
        return track

    @contextmanager
    def _asking(self, track: Track) -> Iterator[str]:
        """The track's address; it is not stopped before this ends."""
        address = self._routes[track].address
        self._under_way[address] += 1
        try:
            yield address
        finally:
            self._under_way[address] -= 1

    async def _ask(self, request: Request, address: str, track: Track) -> Response:
        query = request.scope["query_string"]
        target = request.scope["raw_path"] + (b"?" + query if query else b"")
        try:
            answer = await self._client.request(
                request.method,
                httpx.URL(address).copy_with(raw_path=target),
                headers=[*_beyond_one_line(request.headers.raw), (b"accept-encoding", b"identity")],
                content=request.stream() if _has_body(request) else None,
            )
        except httpx.TimeoutException:
            return problem_response(504, f"The {track} track took too long. Try again later.")
        except httpx.TransportError as error:
            log.warning("%s at %s does not answer: %r", track, address, error)
            return problem_response(503, f"The {track} track does not answer. Try again later.", RETRY)
        except ClientDisconnect:
            return problem_response(400, "The upload broke off. Send it again.")
        response = Response(answer.content, answer.status_code)
        response.raw_headers += _beyond_one_line(answer.headers.raw, b"content-length")
        if answer.status_code == TOO_LARGE:
            response.headers["connection"] = "close"  # as the service did, rather than read on
        return response


class EmbeddedRouter:
    """The gateway as seen by who changes its weights: a `Router`."""

    def __init__(self, address: str, state: Path) -> None:
        self._address = address
        self._state = state

    def weights(self) -> Mapping[Track, int]:
        return {track: route.weight for track, route in self.routes().items()}

    def routes(self) -> Mapping[Track, Route]:
        return routes_from_json(self._ask("GET").json())

    def set_routes(self, routes: Mapping[Track, Route]) -> None:
        check_routes(routes)
        self._ask("PUT", routes_to_json(routes))

    def is_up(self) -> bool:
        """Whether the gateway of this very state file answers."""
        try:
            self._ask("GET")
        except SilencioError:
            return False
        return True

    def _ask(self, method: str, content: object = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {read_state(self._state).get('token', '')}"}
        try:
            with httpx.Client(timeout=DRAIN_SECONDS + 5, trust_env=False) as http:
                answer = http.request(method, self._address + ROUTES, json=content, headers=headers)
            return answer.raise_for_status()
        except httpx.HTTPError as error:
            raise SilencioError(
                f"The gateway at {self._address} does not take this: {error}.",
                f"See its log beside {self._state}, or stop it, and it is started anew.",
            ) from error


def routes_to_json(routes: Mapping[Track, Route]) -> dict[str, dict[str, object]]:
    return {str(track): route._asdict() for track, route in routes.items()}


def routes_from_json(content: Mapping[str, Mapping[str, object]]) -> dict[Track, Route]:
    return {Track(t): Route(str(r["address"]), int(str(r["weight"]))) for t, r in content.items()}


def _beyond_one_line(headers: Sequence[tuple[bytes, bytes]], *without: bytes) -> list[tuple[bytes, bytes]]:
    return [(k.lower(), v) for k, v in headers if k.lower() not in ONE_LINE.union(without)]


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _is_loopback(request: Request) -> bool:
    return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
