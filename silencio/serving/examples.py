"""What /v1/identify takes and answers, for the OpenAPI document: kinds of bodies, and one example of each."""

from typing import Any

AUDIO = {"type": "string", "format": "binary"}
WISHES = {"type": "object", "description": "And everything that the query may hold."}

RECORDING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": (
            "WAV, FLAC, OGG, MP3, M4A or AAC: as the body, as the form field `file`, or as base64 in JSON. "
            "Or a log-mel picture, [windows, mels, frames], in decibels as librosa's power_to_db(ref=1.0) has them "
            "(`scale=front_end`: as the model's front end makes it), as lists in JSON or as .npy of float16 or "
            "float32."
        ),
        "content": {
            "audio/*": {"schema": AUDIO},
            "application/octet-stream": {"schema": AUDIO},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": AUDIO,
                        "tour": {"type": "string"},
                        "min_confidence": {"type": "number"},
                    },
                }
            },
            "application/json": {
                "schema": {
                    "oneOf": [
                        WISHES
                        | {
                            "required": ["audio"],
                            "properties": {"audio": {"type": "string", "contentEncoding": "base64"}},
                        },
                        WISHES
                        | {
                            "required": ["mel"],
                            "properties": {
                                "mel": {
                                    "type": "array",
                                    "items": {
                                        "type": "array",
                                        "items": {"type": "array", "items": {"type": "number"}},
                                    },
                                }
                            },
                        },
                    ]
                },
                "example": {"audio": "T2dnUwACAAAAAAAAAA…", "top_k": 3, "tour": "dawn-walk-7"},
            },
            "application/x-npy": {"schema": AUDIO},
        },
    }
}

ANSWERS: dict[str, Any] = {
    "description": "What was heard.",
    "content": {
        "application/json": {
            "example": {
                "request": "0b6f3c0e5d5c4c0c8f1f1e0d9a7b6c5d",
                "model": {"digest": "3f2a…", "name": "efficientnet_b0-int8-3f2a9c01d2e4"},
                "seconds": 7.2,
                "prior": {"applied": False, "why": "No place and no date were told."},
                "windows": [
                    {
                        "start": 0.0,
                        "end": 5.0,
                        "probabilities": {"frogli1": 0.91, "howmon1": 0.02},
                        "raw": None,
                    },
                    {
                        "start": 5.0,
                        "end": 7.2,
                        "probabilities": {"frogli1": 0.12, "howmon1": 0.01},
                        "raw": None,
                    },
                ],
                "species": [
                    {
                        "code": "frogli1",
                        "common_name": "Litter frog",
                        "scientific_name": "Craugastor fitzingeri",
                        "class_name": "Amphibia",
                        "confidence": 0.91,
                        "raw_confidence": None,
                        "starts": [0.0],
                    }
                ],
            }
        },
        "text/csv": {
            "schema": {"type": "string"},
            "example": "row_id,frogli1,howmon1\ndawn_5,0.910000,0.020000\ndawn_10,0.120000,0.010000\n",
        },
        "text/tab-separated-values": {
            "schema": {"type": "string"},
            "example": (
                "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies\t"
                "Species Code\tConfidence\n"
                "1\tSpectrogram 1\t1\t0.000\t5.000\t50.0\t16000.0\tLitter frog\tfrogli1\t0.9100\n"
            ),
        },
        "text/plain": {"schema": {"type": "string"}, "example": "0.000000\t5.000000\tLitter frog 0.91\n"},
    },
}
