"""Stands before every route: who asks, whether they may, and how often. It reads no body.

With a file of keys, each route takes the scope that `scopes` says, and each key has its own rate. Without one,
everybody may ask everything; who is on this machine as often as they like, others at the rate of one key each.
"""

import ipaddress
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Asgi

from silencio.errors import SilencioError
from silencio.serving.access.keys import PREFIX, Key, KeyFile
from silencio.serving.access.rates import Rates
from silencio.serving.access.scopes import Scope, needed
from silencio.serving.problems import Problem
from silencio.serving.visits import this_visit
from silencio.settings.service import Access

log = logging.getLogger(__name__)

REALM = 'Bearer realm="silencio"'
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TURNED_AWAY = {401: "key", 403: "key", 429: "rate"}


class Guard:
    def __init__(
        self, app: ASGIApp, access: Access, keys: KeyFile | None, turned_away: Callable[[str], None]
    ) -> None:
        """`turned_away` is told why: `rate` or `key`."""
        self._app, self._origins, self._keys = app, access.origins, keys
        self._turned_away = turned_away
        self._rates = Rates(access.per_minute, access.burst)

    async def __call__(self, scope: Asgi, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or (right := needed(scope["path"])) is None:
            await self._app(scope, receive, send)
            return
        try:
            self._refuse_other_sites(scope)
            caller = self._caller(scope, right)
            told = self._count(caller)
        except Problem as problem:
            if why := TURNED_AWAY.get(problem.status):
                self._turned_away(why)
            await problem.response()(scope, receive, send)
            return

        async def with_rates(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, with_rates)

    def _refuse_other_sites(self, scope: Asgi) -> None:
        """A page elsewhere must not use its visitor's way to this service: browsers send some requests without
        asking first, and open sockets to anywhere."""
        headers = Headers(scope=scope)
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None or origin in self._origins:
            return
        if scope["type"] == "websocket":
            elsewhere = urlsplit(origin).netloc != headers.get("host")
        else:
            elsewhere = site == "cross-site" and scope["method"] not in SAFE
        if elsewhere:
            raise Problem(
                403, f"Pages of {origin[:100]} may not ask here.", "Add it to access.origins, if they should."
            )

    def _caller(self, scope: Asgi, right: Scope) -> str | None:
        """The name of the key that was shown, or the address; None if there is nothing to count."""
        if self._keys is None:
            return _address(scope)
        key = _shown(scope, self._keys)
        if visit := this_visit():
            visit.who = key.name
        if not key.may(right):
            raise Problem(
                403,
                f"The key {key.name} may not do this: it takes the scope {right}.",
                "Ask whoever runs the service for another key.",
                {"www-authenticate": f'{REALM}, error="insufficient_scope", scope="{right}"'},
            )
        return key.name

    def _count(self, caller: str | None) -> dict[str, str]:
        if caller is None:
            return {}
        allowance = self._rates.take(caller)
        if not allowance.allowed:
            raise Problem(
                429,
                f"There were more than {allowance.limit} requests at once.",
                f"Come again in {allowance.wait:.1f} s.",
                allowance.headers(),
            )
        return allowance.headers()


def _shown(scope: Asgi, keys: KeyFile) -> Key:
    shown = _key_in(scope)
    if shown is None:
        raise Problem(
            401,
            "This takes a key, and none was shown.",
            "Send it as `Authorization: Bearer …` or as `X-API-Key`.",
            {"www-authenticate": REALM},
        )
    try:
        key = keys.find(shown)
    except SilencioError as error:
        log.error("nobody gets in: %s", error)
        raise Problem(503, "The service cannot read its keys.", "Its log says why.") from error
    if key is None:
        raise Problem(
            401,
            "The key that was shown is none of this service's, or was revoked.",
            "Ask whoever runs the service for another.",
            {"www-authenticate": f'{REALM}, error="invalid_token"'},
        )
    return key


def _key_in(scope: Asgi) -> str | None:
    headers = Headers(scope=scope)
    kind, _, bearer = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and bearer.strip():
        return bearer.strip()
    if key := headers.get("x-api-key"):
        return key.strip()
    # A page cannot give its socket a header: it offers its key as a subprotocol, beside `silencio`.
    return next((name for name in scope.get("subprotocols", []) if name.startswith(PREFIX)), None)


def _address(scope: Asgi) -> str | None:
    """Of who asks from elsewhere. A home's IPv6 addresses are as many as it likes: its network counts as one."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a socket of this machine has no address
        return None
    if address.is_loopback:
        return None
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
