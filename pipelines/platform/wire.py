"""One request and its answer: repeated where that is safe, and a sentence where it is no use."""

import logging
import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from pipelines.platform.login import Login
from pipelines.platform.pauses import Pauses
from pipelines.platform.reading import Answer, Unsure, read, said_by
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Kubeflow

BUSY = frozenset({429, 500, 502, 503, 504})
NOT_BEGUN = 429
"""The server turned it away, so anything may be asked again. A 503 may be a proxy's, which lost what it passed on."""

T = TypeVar("T")
log = logging.getLogger(f"silencio.{__name__}")


class Wire:
    def __init__(self, settings: Kubeflow) -> None:
        if not settings.host:
            raise WrongUse(
                "No Kubeflow is named.",
                "Say --host https://kubeflow.example.org/pipeline, or set SILENCIO_KUBEFLOW_HOST.",
            )
        self.host = _address(settings.host)
        self._patience, self._login = settings.patience, Login(settings)
        self._http = httpx.Client(
            base_url=f"{self.host}/apis/v2beta1",
            auth=self._login,
            timeout=settings.timeout,
            verify=_trusted(settings.certificate),
        )

    def meet(self, path: str) -> Answer:
        """The first request: a host that cannot be reached at all is rather a wrong address than one to wait for."""
        return self._persist("GET", path, {}, again=True, known=False)

    def get(self, path: str, **query: str) -> Answer:
        return self._persist("GET", path, {"params": query}, again=True)

    def delete(self, path: str) -> Answer:
        return self._persist("DELETE", path, {}, again=True)

    def post(self, path: str, body: Answer | None = None, *, again: bool = False) -> Answer:
        """`again` says that it does no harm if it is carried out twice. Raises Unsure otherwise where that may be."""
        return self._persist("POST", path, {} if body is None else {"json": body}, again=again)

    def upload(self, path: str, file: str, content: bytes, **query: str) -> Answer:
        files = {"uploadfile": (file, content, "application/yaml")}
        return self._persist("POST", path, {"params": query, "files": files}, again=False)

    def create_once(self, create: Callable[[], T], find: Callable[[], T | None]) -> T:
        """What `create` makes, once, however often the connection is lost: it is looked for before it is repeated."""
        pauses = Pauses(self._patience)
        while True:
            try:
                return create()
            except Unsure as unsure:
                # A request that was given up may still be on its way: it is given time to arrive.
                if not pauses.wait():
                    raise
                log.warning("%s It is looked for before it is asked again.", unsure.problem)
                if (found := find()) is not None:
                    return found

    def _persist(
        self, method: str, path: str, request: dict[str, Any], *, again: bool, known: bool = True
    ) -> Answer:
        pauses = Pauses(self._patience)
        while True:
            try:
                response = self._http.request(method, path, **request)
            except httpx.RequestError as error:
                begun = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                trouble, wished, reached = self._unreached(error), None, begun
            else:
                if response.status_code not in BUSY:
                    return read(response, self.host, self._login)
                begun, reached = response.status_code != NOT_BEGUN, True
                trouble = Unsure(
                    f"{self.host} answered {response.status_code}: {said_by(response)}.",
                    "Its own log says why; come back later.",
                )
                wished = response.headers.get("Retry-After")
            if (begun and not again) or not (known or reached):
                raise trouble
            log.debug("%s %s: %s", method, path, trouble.problem)
            if not pauses.wait(wished):
                raise trouble

    def _unreached(self, error: httpx.RequestError) -> SilencioError:
        """Raises at once what no patience mends."""
        reasons = list(_reasons(error))
        if broken := next((r for r in reasons if isinstance(r, ssl.SSLCertVerificationError)), None):
            raise SilencioError(
                f"{self.host} is not trusted: {broken.verify_message}.",
                "Name its authority's certificate in SILENCIO_KUBEFLOW_CERTIFICATE, or mend the address.",
            ) from error
        if isinstance(error, httpx.TimeoutException):
            said = "did not answer in time"
        else:
            said = f"cannot be reached: {str(reasons[-1]) or type(error).__name__}"
        unsure = Unsure(f"{self.host} {said}.", "Look at the address and the network, then ask again.")
        unsure.__cause__ = error
        return unsure


def _address(host: str) -> str:
    try:
        url = httpx.URL(host)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.userinfo:
        raise WrongUse("The host carries a password.", "Hand over a token instead: --token-file.")
    if url.scheme not in ("http", "https") or not url.host:
        raise WrongUse(f"{host} is no address.", "It is one such as https://kubeflow.example.org/pipeline.")
    return host.rstrip("/")


@cache
def _trusted(certificate: Path | None) -> ssl.SSLContext:
    """Who may vouch for a host: that certificate, or all that this machine knows, which takes a while to read."""
    if certificate is None:
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(certificate))
    except (OSError, ssl.SSLError) as error:
        raise WrongUse(
            f"The certificate {certificate} cannot be read: {error}.", "It is a PEM file."
        ) from error


def _reasons(error: BaseException | None) -> list[BaseException]:
    """The error, and all that led to it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
