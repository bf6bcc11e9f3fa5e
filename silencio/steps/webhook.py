"""Tell a chat: a webhook that takes {"text": …}, as Slack's, Mattermost's and many others do."""

import logging
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
LONGEST = 3_000
"""Letters of a message: chats cut longer ones, or refuse them."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def post(address: SecretStr, text: str) -> bool:
    """Whether it arrived. If not, the log says so and nothing else happens: no run fails for a lost message.

    Over https only, but on this machine: whoever reads such an address on its way may post there, too.
    """
    try:
        parts = urlsplit(address.get_secret_value())
        at_home = parts.hostname in LOOPBACK
        if parts.scheme != "https" and not (at_home and parts.scheme == "http"):
            log.warning("SILENCIO_NOTIFY_URL is no https address: nobody is told how the run ended.")
            return False
        response = httpx.post(
            address.get_secret_value(),
            json={"text": text[:LONGEST]},
            timeout=TIMEOUT_SECONDS,
            trust_env=not at_home,  # loopback is never to be asked of a proxy
        )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        # Its words may hold the address, which is a secret.
        log.warning("SILENCIO_NOTIFY_URL does not answer (%s): the message is lost.", type(error).__name__)
        return False
    if not response.is_success:
        log.warning("%s does not take the message: it answers %d.", parts.hostname, response.status_code)
    return response.is_success
