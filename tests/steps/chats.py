"""A webhook that writes down what it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Chat:
    address: str
    heard: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def chatting(status: int = 200) -> Iterator[Chat]:
    """It answers with the status, whatever it is told."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            chat.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            if status == 302:
                self.send_header("location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    chat = Chat(f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
