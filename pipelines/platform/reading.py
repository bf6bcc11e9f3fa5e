"""An answer, or in a sentence what came instead of one."""

from collections.abc import Mapping
from typing import Any

import httpx

from pipelines.platform.login import Login
from silencio.errors import SilencioError, WrongUse

NOT_FOUND = 5
"""Google's code, in the body: the API is there, the thing is not."""
SHOWN = 300

Answer = Mapping[str, Any]


class Unsure(SilencioError):
    """The request may have been carried out, or not."""


class Absent(SilencioError):
    """The API answered, and knows no such thing."""


class Taken(SilencioError):
    """It exists already."""


def read(response: httpx.Response, host: str, login: Login) -> Answer:
    """What was answered; raises what was answered instead."""
    status, said = response.status_code, said_by(response)
    if status == 401:
        raise WrongUse(
            f"{host} does not know who asks (401, with {login.shown}): {said}.",
            "Hand over a token that is still valid: --token-file, or SILENCIO_KUBEFLOW_TOKEN.",
        )
    if status == 403:
        raise WrongUse(
            f"{host} does not allow this (403, with {login.shown}): {said}.",
            "Name the right --namespace, or have its owner grant the role kubeflow-pipelines-edit there.",
        )
    if response.is_redirect:
        raise WrongUse(
            f"{host} sends to a page to log in ({response.headers.get('Location', 'nowhere')}).",
            "Hand over a token: --token-file, or SILENCIO_KUBEFLOW_TOKEN.",
        )
    try:
        answer = response.json() if response.content else {}
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise WrongUse(
            f"{host} is not Kubeflow's API: it answered {status} and {said}.",
            "The address is what comes before /apis/v2beta1, such as https://kubeflow.example.org/pipeline.",
        )
    if status == 404:
        if answer.get("code") != NOT_FOUND:
            raise WrongUse(
                f"{host} has no {response.url.path} (404).",
                "The address is what comes before /apis/v2beta1; it takes Kubeflow Pipelines 2.",
            )
        raise Absent(f"{host} knows no such thing: {said}.", "Look whether its name or id is right.")
    if status == 409:
        raise Taken(f"{host} has it already: {said}.", "Ask for it by its name.")
    if status >= 400:
        raise SilencioError(f"{host} refused (answer {status}): {said}.", "Mend what it names.")
    return answer


def said_by(response: httpx.Response) -> str:
    """The server's own sentence, short."""
    try:
        answer = response.json()
    except ValueError:
        answer = None
    said = answer.get("message") or answer.get("error") if isinstance(answer, dict) else None
    text = " ".join(str(said or response.text).split())
    return (text[:SHOWN] or response.reason_phrase or "nothing").rstrip(".")
