"""The line to who sends: one message after the other, and no patience without end."""

import asyncio
import logging
from typing import Any

from pydantic_core import from_json
from starlette.websockets import WebSocket, WebSocketDisconnect

log = logging.getLogger(__name__)

NOT_TAKEN, NOT_ALLOWED, TOO_LONG, BROKEN, BUSY = 1003, 1008, 1009, 1011, 1013


class Closing(Exception):
    """Ends a stream: a sentence for who sends, and a code for their program."""

    def __init__(self, code: int, problem: str) -> None:
        super().__init__(problem)
        self.code = code


class Line:
    """Raises WebSocketDisconnect once nobody is there any more."""

    def __init__(self, socket: WebSocket, idle_seconds: float) -> None:
        self._socket, self._idle = socket, idle_seconds

    async def next(self) -> bytes | dict[str, Any]:
        """Bytes of sound, or what a message of text says."""
        try:
            async with asyncio.timeout(self._idle):
                message = await self._socket.receive()
        except TimeoutError as error:
            raise Closing(NOT_ALLOWED, f"Nothing came for {self._idle:g} s. Open another stream.") from error
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        if (content := message.get("bytes")) is not None:
            return bytes(content)
        try:
            said = from_json(message["text"])
        except ValueError as error:
            raise Closing(NOT_TAKEN, f"A message of text is no JSON: {error}.") from error
        if not isinstance(said, dict):
            raise Closing(NOT_TAKEN, "A message of text is a JSON object.")
        return said

    async def say(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._idle):
                await self._socket.send_json(message)
        except TimeoutError as error:
            raise WebSocketDisconnect(1006, f"answers were not read for {self._idle:g} s") from error

    async def end(self) -> None:
        await self._socket.close()

    async def refuse(self, code: int, problem: str) -> None:
        try:
            await self.say({"error": problem, "code": code})
            await self._socket.close(code)
        except (WebSocketDisconnect, RuntimeError):
            log.info("who sent it is gone, and is not told: %s", problem)
