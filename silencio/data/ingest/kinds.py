"""Which kind of recording a file's name promises, and which one its first bytes are."""

from pathlib import PurePath

KINDS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".ogg": "OGG",
    ".oga": "OGG",
    ".opus": "OGG",
    ".mp3": "MP3",
    ".m4a": "MP4",
    ".mp4": "MP4",
    ".3gp": "MP4",
    ".aac": "AAC",
    ".aif": "AIFF",
    ".aiff": "AIFF",
}


def is_audio(path: PurePath) -> bool:
    """By its name, whatever the case of it: `.WAV` is what many recorders write."""
    return path.suffix.lower() in KINDS


def promised(path: PurePath) -> str | None:
    return KINDS.get(path.suffix.lower())


def found(head: bytes) -> str | None:
    """The kind that a file of these first bytes (12 will do) is; None where they are of none that is known."""
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return "WAV"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "AIFF"
    if head[4:8] == b"ftyp":
        return "MP4"
    known = {b"fLaC": "FLAC", b"OggS": "OGG", b"ID3": "MP3"}
    return next((kind for magic, kind in known.items() if head.startswith(magic)), _frames(head))


def _frames(head: bytes) -> str | None:
    """MP3 and AAC without a header start with a frame: eleven bits that are set, then the layer (AAC has none)."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return "AAC" if head[1] & 0xF6 == 0xF0 else "MP3"
