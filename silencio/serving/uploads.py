"""Take an upload from anyone: counted while it comes in, known by its first bytes, never by its name.

A recording comes as the raw body, as the field `file` of a form, or as base64 in JSON; pictures as .npy or JSON.
"""

import io
from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import anyio
import numpy as np
from fastapi import Request
from numpy.typing import NDArray
from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Message

from silencio.serving.pictures import MAGIC, from_lists, from_npy
from silencio.serving.problems import TOO_LARGE, Problem

FORM_ROOM = 64 * 1024
"""What a form's boundaries and headers may take beside the file."""
JSON_SHARE = 2
"""JSON may have so many times fewer bytes: it is there in several copies while it is read."""
MOST_VALUES = 1 << 19
"""Commas and brackets in JSON: each value takes some sixty bytes once it is read, however few it has here."""
PATIENCE_SECONDS = 5


@dataclass(frozen=True)
class Upload:
    recording: bytes
    """As it was sent; empty where pictures were."""
    suffix: str
    pictures: NDArray[np.float32] | None = None
    """[windows, …], of whatever shape and scale the sender thinks right."""
    name: str | None = None
    """What the sender's file was called."""
    said: dict[str, Any] = field(default_factory=dict)
    """What stood beside the recording, in the form or in the JSON."""


async def read_upload(request: Request, max_bytes: int) -> Upload:
    """No more than `max_bytes` are ever kept."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    room = {"multipart/form-data": max_bytes + FORM_ROOM, "application/json": max_bytes // JSON_SHARE}
    counted = _Counted(request, room.get(kind, max_bytes))
    try:
        if kind == "multipart/form-data":
            return await _from_form(counted, max_bytes)
        content = await counted.whole()
    except ClientDisconnect as error:
        raise Problem(400, "The upload broke off.", "Send it again.") from error
    except _TooLarge as error:
        await counted.pour_away()
        raise Problem(
            TOO_LARGE, f"The upload is larger than {error.max_bytes} bytes.", "Send the recording in parts."
        ) from error
    return _from_json(content) if kind == "application/json" else _sorted(content)


def suffix_of(recording: bytes) -> str:
    """The suffix that the first bytes speak for; an unknown kind is refused before any decoder sees it."""
    if recording[:4] in (b"RIFF", b"RF64") and recording[8:12] == b"WAVE":
        return ".wav"
    if recording[:4] == b"fLaC":
        return ".flac"
    if recording[:4] == b"OggS":
        return ".ogg"
    if recording[4:8] == b"ftyp":
        return ".m4a"
    # Both begin with set bits; the layer, which is zero in ADTS alone, tells them apart.
    if recording[:1] == b"\xff" and recording[1:2] and recording[1] & 0xF6 == 0xF0:
        return ".aac"
    if recording[:3] == b"ID3" or (recording[:1] == b"\xff" and recording[1:2] >= b"\xe0"):
        return ".mp3"
    raise Problem(
        415, "The upload is no recording of a known kind.", "WAV, FLAC, OGG, MP3, M4A and AAC are taken."
    )


def _sorted(content: bytes, name: str | None = None, said: dict[str, Any] | None = None) -> Upload:
    if not content:
        raise Problem(422, "The upload is empty.", "Send a recording, as the body or as the field `file`.")
    if content.startswith(MAGIC):
        return Upload(b"", "", from_npy(content), name, said or {})
    return Upload(content, suffix_of(content), None, name, said or {})


async def _from_form(counted: "_Counted", max_bytes: int) -> Upload:
    async with counted.form(max_files=1, max_fields=32, max_part_size=4096) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "The form has no file in its field `file`.", "Send the recording there.")
        if (file.size or 0) > max_bytes:
            raise _TooLarge(max_bytes)
        said: dict[str, Any] = {key: form.getlist(key) for key in form if key != "file"}
        single = {key: values if key == "species" else values[0] for key, values in said.items()}
        name = PurePosixPath((file.filename or "").replace("\\", "/")).stem
        return _sorted(await file.read(), name or None, single)


def _from_json(content: bytes) -> Upload:
    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise Problem(TOO_LARGE, f"The JSON holds more than {MOST_VALUES} values.", "Send pictures as .npy.")
    try:
        said = from_json(content, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(422, f"The body is no JSON: {error}.", "See /docs for what it may hold.") from error
    del content
    if not isinstance(said, dict) or ("audio" in said) == ("mel" in said):
        raise Problem(
            422, "The JSON needs `audio` or `mel`, one of them.", "audio is base64, mel lists of numbers."
        )
    if "mel" in said:
        return Upload(b"", "", from_lists(said.pop("mel")), None, said)
    try:
        audio = said.pop("audio")
        recording = b64decode(audio, validate=True) if isinstance(audio, str) else None
    except (NotBase64, ValueError) as error:
        raise Problem(422, f"`audio` is no base64: {error}.", "Encode the file's bytes again.") from error
    if recording is None:
        raise Problem(422, "`audio` is no text.", "Send the file's bytes in base64.")
    return _sorted(recording, None, said)


class _TooLarge(Exception):
    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes


class _Counted(Request):
    """A request whose body breaks off as soon as it is larger than allowed, whatever its header claims."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        super().__init__(request.scope, self._receive_counted)
        self._upstream = request.receive
        self._max_bytes = max_bytes
        self._received = 0
        self._more = True

    async def whole(self) -> bytes:
        """The body. It is there once: pieces that are joined at the end are there twice."""
        body = io.BytesIO()
        async for piece in self.stream():
            body.write(piece)
        return body.getvalue()

    async def _receive_counted(self) -> Message:
        message = await self._upstream()
        self._received += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        if self._received > self._max_bytes:
            raise _TooLarge(self._max_bytes)
        return message

    async def pour_away(self) -> None:
        """Read on for a while and keep nothing: most clients look for an answer only once they have sent all.

        Who sends more than twice what is allowed, or slowly, is hung up on.
        """
        with anyio.move_on_after(PATIENCE_SECONDS):
            while self._more and self._received <= 2 * self._max_bytes:
                message = await self._upstream()
                self._received += len(message.get("body", b""))
                self._more = message.get("more_body", False)
