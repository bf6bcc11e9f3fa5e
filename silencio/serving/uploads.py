"""Take an upload from anyone: counted while it comes in, known by its first bytes, never by its name."""

import anyio
from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Message

from silencio.serving.problems import TOO_LARGE, Problem

FORM_ROOM = 64 * 1024
"""What a form's boundaries and headers may take beside the file."""
PATIENCE_SECONDS = 5


async def read_recording(request: Request, max_bytes: int) -> bytes:
    """The raw body, or the field `file` of a form. No more than `max_bytes` are ever kept."""
    is_form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    counted = _Counted(request, max_bytes + FORM_ROOM if is_form else max_bytes)
    try:
        content = await _from_form(counted) if is_form else await counted.body()
        if len(content) > max_bytes:
            raise _TooLarge
    except ClientDisconnect as error:
        raise Problem(400, "The upload broke off.", "Send it again.") from error
    except _TooLarge as error:
        await counted.pour_away()
        raise Problem(
            TOO_LARGE, f"The upload is larger than {max_bytes} bytes.", "Send the recording in parts."
        ) from error
    if not content:
        raise Problem(422, "The upload is empty.", "Send a recording, as the body or as the field `file`.")
    return content


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


class _TooLarge(Exception):
    pass


class _Counted(Request):
    """A request whose body breaks off as soon as it is larger than allowed, whatever its header claims."""

    def __init__(self, request: Request, max_bytes: int) -> None:
        super().__init__(request.scope, self._receive_counted)
        self._upstream = request.receive
        self._max_bytes = max_bytes
        self._received = 0
        self._more = True

    async def _receive_counted(self) -> Message:
        message = await self._upstream()
        self._received += len(message.get("body", b""))
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        if self._received > self._max_bytes:
            raise _TooLarge
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


async def _from_form(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=8, max_part_size=4096) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(422, "The form has no file in its field `file`.", "Send the recording there.")
        return await file.read()
