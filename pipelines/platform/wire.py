"""One request and its answer: repeated where that is safe, and a sentence where it is no use."""

import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from pipelines.platform.login import Login
from silencio.errors import SilencioError, WrongUse
from silencio.settings import Kubeflow

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between attempts: doubled each time, with chance in it, so that many clients do not come back together."""
BUSY = frozenset({429, 500, 502, 503, 504})
NOT_BEGUN = frozenset({429, 503})
"""The server says that it did nothing: whatever was asked may be asked again."""
NOT_FOUND = 5
"""Google's code, in the body: the API is there, the thing is not."""
SHOWN = 300

Answer = Mapping[str, Any]
T = TypeVar("T")
log = logging.getLogger(f"silencio.{__name__}")


class Unsure(SilencioError):
    """The request may have been carried out, or not."""


class Absent(SilencioError):
    """The API answered, and knows no such thing."""


class Taken(SilencioError):
    """It exists already."""


class Wire:
    def __init__(self, settings: Kubeflow) -> None:
        if not settings.host:
            raise WrongUse(
                "No Kubeflow is named.",
                "Say --host https://kubeflow.example.org/pipeline, or set SILENCIO_KUBEFLOW_HOST.",
            )
        if not settings.host.startswith(("http://", "https://")):
            raise WrongUse(f"{settings.host} is no address.", "It begins with https:// or http://.")
        self.host = settings.host.rstrip("/")
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
        pauses = _Pauses(self._patience)
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
        pauses = _Pauses(self._patience)
        while True:
            try:
                response = self._http.request(method, path, **request)
            except httpx.TransportError as error:
                begun = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                trouble, wished, reached = self._unreached(error), None, begun
            else:
                if response.status_code not in BUSY:
                    return self._read(response)
                begun, reached = response.status_code not in NOT_BEGUN, True
                trouble = Unsure(
                    f"{self.host} answered {response.status_code}: {_said(response)}.",
                    "Its own log says why; come back later.",
                )
                wished = response.headers.get("Retry-After")
            if (begun and not again) or not (known or reached):
                raise trouble
            log.debug("%s %s: %s", method, path, trouble.problem)
            if not pauses.wait(wished):
                raise trouble

    def _unreached(self, error: httpx.TransportError) -> SilencioError:
        """Raises at once what no patience mends."""
        reasons = list(_reasons(error))
        if broken := next((r for r in reasons if isinstance(r, ssl.SSLError)), None):
            raise SilencioError(
                f"{self.host} is not trusted: {broken.reason or broken}.",
                "Name its authority's certificate in SILENCIO_KUBEFLOW_CERTIFICATE, or mend the address.",
            ) from error
        if isinstance(error, httpx.UnsupportedProtocol):
            raise WrongUse(f"{self.host} is no address.", "It begins with https:// or http://.") from error
        if isinstance(error, httpx.TimeoutException):
            said = "did not answer in time"
        else:
            said = f"cannot be reached: {str(reasons[-1]) or type(error).__name__}"
        unsure = Unsure(f"{self.host} {said}.", "Look at the address and the network, then ask again.")
        unsure.__cause__ = error
        return unsure

    def _read(self, response: httpx.Response) -> Answer:
        status, said = response.status_code, _said(response)
        if status == 401:
            raise WrongUse(
                f"{self.host} does not know who asks (401, with {self._login.shown}): {said}.",
                "Hand over a token that is still valid: --token-file, or SILENCIO_KUBEFLOW_TOKEN.",
            )
        if status == 403:
            raise WrongUse(
                f"{self.host} does not allow this (403, with {self._login.shown}): {said}.",
                "Name the right --namespace, or have its owner grant the role kubeflow-pipelines-edit there.",
            )
        if response.is_redirect:
            raise WrongUse(
                f"{self.host} sends to a page to log in ({response.headers.get('Location', 'nowhere')}).",
                "Hand over a token: --token-file, or SILENCIO_KUBEFLOW_TOKEN.",
            )
        try:
            answer = response.json() if response.content else {}
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise WrongUse(
                f"{self.host} is not Kubeflow's API: it answered {status} and {said}.",
                "The address is what comes before /apis/v2beta1, such as https://kubeflow.example.org/pipeline.",
            )
        if status == 404:
            if answer.get("code") != NOT_FOUND:
                raise WrongUse(
                    f"{self.host} has no {response.url.path} (404).",
                    "The address is what comes before /apis/v2beta1; it takes Kubeflow Pipelines 2.",
                )
            raise Absent(f"{self.host} knows no such thing: {said}.", "Look whether its name or id is right.")
        if status == 409:
            raise Taken(f"{self.host} has it already: {said}.", "Ask for it by its name.")
        if status >= 400:
            raise SilencioError(f"{self.host} refused (answer {status}): {said}.", "Mend what it names.")
        return answer


class _Pauses:
    """Between attempts, longer and longer, until patience is at its end."""

    def __init__(self, patience: float) -> None:
        self._end, self._next = time.monotonic() + patience, FIRST_PAUSE

    def wait(self, wished: str | None = None) -> bool:
        """False if there is no time left for another attempt. `wished` is what the server asked for, in seconds."""
        pause = self._next * random.uniform(0.75, 1.25)
        if wished and wished.isdigit():
            pause = max(pause, float(wished))
        if time.monotonic() + pause > self._end:
            return False
        time.sleep(pause)
        self._next = min(2 * self._next, LONGEST_PAUSE)
        return True


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


def _said(response: httpx.Response) -> str:
    """The server's own sentence, short."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    said = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
    text = " ".join(str(said or response.text).split())
    return (text[:SHOWN] or response.reason_phrase or "nothing").rstrip(".")
