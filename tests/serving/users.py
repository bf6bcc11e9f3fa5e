"""Users in threads, each with a line of its own that it keeps: what they asked and what came back."""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class Reply:
    status: int | None
    """None: the line broke before an answer came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)


class Users:
    """They ask until they are refused, or told to stop."""

    def __init__(self, address: str, recording: bytes, count: int) -> None:
        self.replies: list[Reply] = []
        self._recording, self._over = recording, threading.Event()
        self._host, self._port = str(urlsplit(address).hostname), int(urlsplit(address).port or 0)
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    @classmethod
    @contextmanager
    def asking(cls, address: str, recording: bytes, count: int = 6) -> Iterator["Users"]:
        users = cls(address, recording, count)
        for thread in users._threads:
            thread.start()
        try:
            yield users
        finally:
            users._over.set()
            for thread in users._threads:
                thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more replies came, or nobody asks any longer."""
        wanted, until = len(self.replies) + more, time.monotonic() + TIMEOUT_SECONDS
        while len(self.replies) < wanted and time.monotonic() < until:
            time.sleep(0.005)
        assert len(self.replies) >= wanted

    def _ask(self) -> None:
        line = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        while not self._over.is_set():
            try:
                line.request("POST", "/v1/identify", self._recording)
                response = line.getresponse()
                content = json.loads(response.read())
                self.replies.append(Reply(response.status, dict(response.headers), content))
            except (OSError, http.client.HTTPException):
                self.replies.append(Reply(None))
            if self.replies[-1].status != 200:
                break
        line.close()
