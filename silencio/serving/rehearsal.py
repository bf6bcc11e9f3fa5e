"""The streams that a service is to bear, rehearsed on one that runs: files as they arrive, and sound as it is made.

    rehearse(address, bundle, recordings, folder) -> gates

The consumer is the real command in a process of its own. What it wrote is held against what the bundle says in this
process of the same files.
"""

import csv
import io
import json
import subprocess
from collections.abc import Sequence
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from silencio.audio import Features, load, windows_of
from silencio.evaluation.gates import GateResult
from silencio.optimize.bundle import Bundle
from silencio.serving.contract import TOLERANCE, yes_or_no
from silencio.serving.process import silencio_command

FILES, LIVE = "streaming consumer", "live stream"
MINUTE = 60
"""Seconds: a recorder's file."""
PATIENCE_SECONDS = 300
"""For the consumer with all its files."""
ANSWER_SECONDS = 30.0
PIECE = 1 << 14
"""Bytes of sound a message."""


def rehearse(address: str, bundle: Bundle, recordings: Sequence[Path], folder: Path) -> list[GateResult]:
    """`folder` is an empty one, for files that come and answers that are written."""
    if not recordings:
        return [GateResult.inconclusive(FILES, FILES, 1.0, "There is no recording to send.")]
    sent = write_arrivals(recordings, bundle.front_end.sample_rate, folder / "online_input")
    first = consume(address, folder)
    answers = folder / "online_output"
    before = {path.name: path.stat().st_mtime_ns for path in answers.glob("*.csv")}
    again = consume(address, folder)
    after = {path.name: path.stat().st_mtime_ns for path in answers.glob("*.csv")}
    return [
        yes_or_no(
            "ends well", not (first or again), first or again or "It read every file, and ended.", FILES
        ),
        yes_or_no("nothing twice", before == after, "Started again, it is to answer no file anew.", FILES),
        *judge_answers(answers, sent, bundle),
        *listen(address, bundle, sent[0]),
    ]


def write_arrivals(
    recordings: Sequence[Path], rate: int, folder: Path, seconds: float = MINUTE
) -> list[Path]:
    """The first so many seconds of each as Ogg, under a name of its own: as recorders, or phones, deliver them."""
    folder.mkdir(parents=True)
    sent = []
    for number, recording in enumerate(recordings):
        path = folder / f"{number:02}-{recording.stem}.ogg"
        samples = load(recording, rate)[: round(seconds * rate)]
        with soundfile.SoundFile(path, "w", rate, 1, format="OGG", subtype="VORBIS") as file:
            # libvorbis takes what it is given onto the stack: a minute at once overflows it on some systems.
            for start in range(0, len(samples), rate):
                file.write(samples[start : start + rate])
        sent.append(path)
    return sent


def consume(address: str, workspace: Path) -> str:
    """Run the consumer until nothing waits; why it did not end well, or nothing."""
    command = silencio_command(
        "stream", "consume", "--workspace", str(workspace), "--server", address, "--until-empty"
    )
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"It did not end within {PATIENCE_SECONDS} s."
    words = done.stderr.strip().splitlines() or ["it said nothing"]
    return f"It ended with {done.returncode}: {words[-1]}" if done.returncode else ""


def judge_answers(answers: Path, sent: Sequence[Path], bundle: Bundle) -> list[GateResult]:
    """One table for each file, in BirdCLEF's form to the letter, with the bundle's own figures."""
    there = {path.stem for path in answers.glob("*.csv")}
    expected = {path.stem for path in sent}
    lacking, strange = sorted(expected - there), sorted(there - expected)
    wrong, differences = [], []
    features, model = Features(bundle.front_end), bundle.model()
    for path in sent:
        if path.stem in lacking:
            continue
        heard = windows_of(path, features)
        length = bundle.front_end.window_seconds
        names = [f"{path.stem}_{start + length:g}" for start in heard.starts.tolist()]
        found = _table(answers / f"{path.stem}.csv", [s.code for s in bundle.species], names)
        if isinstance(found, str):
            wrong.append(found)
        else:
            differences.append(float(np.abs(model.probabilities(heard.features) - found).max()))
    every = f"{len(there & expected)} of {len(sent)} files have their answer."
    if lacking or strange:
        every += f" Missing: {', '.join(lacking) or 'none'}; unasked for: {', '.join(strange) or 'none'}."
    form = wrong[0] if wrong else "row_id and every species, a row for each window."
    return [
        yes_or_no("each file once", not (lacking or strange), every, FILES),
        yes_or_no("BirdCLEF's form", not wrong, form, FILES),
        GateResult.at_most("skew", FILES, max(differences, default=nan), TOLERANCE),
    ]


def _table(path: Path, codes: Sequence[str], names: Sequence[str]) -> NDArray[np.float64] | str:
    """[windows, classes]; or how it is not as it must be."""
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    if header != ["row_id", *codes]:
        return f"{path.name} begins with {','.join(header)[:60]}."
    if [row[0] for row in rows if row] != list(names):
        return f"{path.name} has {len(rows)} rows, not those of {len(names)} windows."
    try:
        return np.array([[float(value) for value in row[1:]] for row in rows]).reshape(len(names), len(codes))
    except ValueError as error:
        return f"{path.name} does not hold a number for every species: {error}."


def listen(address: str, bundle: Bundle, recording: Path) -> list[GateResult]:
    """Send one recording as a phone does while it is made, and hold each window against the bundle."""
    rate = bundle.front_end.sample_rate
    samples = np.round(32_767 * np.clip(load(recording, rate), -1, 1)).astype("<i2")
    whole = io.BytesIO()
    soundfile.write(whole, samples, rate, format="WAV", subtype="PCM_16")
    heard = windows_of(whole.getvalue(), Features(bundle.front_end))
    try:
        said = _said(address, samples.tobytes(), rate)
    except (WebSocketException, OSError, ValueError) as error:
        return [yes_or_no("answers", False, f"The stream broke: {error!r}.", LIVE)]
    windows = [message for message in said if "window" in message]
    ended = bool(said) and "summary" in said[-1]
    complete = [window["window"] for window in windows] == list(range(len(heard.starts)))
    how = f"{len(windows)} of {len(heard.starts)} windows, {'and' if ended else 'but no'} summary."
    expected = bundle.model().probabilities(heard.features)
    column = {species.code: number for number, species in enumerate(bundle.species)}
    differences = [
        abs(probability - float(expected[window["window"], column[code]])) if code in column else 1.0
        for window in windows[: len(heard.starts)]
        for code, probability in window["probabilities"].items()
    ]
    return [
        yes_or_no("answers", complete and ended, how, LIVE),
        GateResult.at_most("skew", LIVE, max(differences, default=nan), TOLERANCE),
    ]


def _said(address: str, content: bytes, rate: int) -> list[dict[str, Any]]:
    """All that a stream says, up to its summary, or until it is closed."""
    where = address.replace("http", "ws", 1) + "/v1/stream"
    opening = {"format": "pcm_s16le", "sample_rate": rate, "channels": 1}
    said: list[dict[str, Any]] = []
    with connect(where, compression=None, proxy=None, open_timeout=ANSWER_SECONDS) as socket:
        socket.send(json.dumps(opening))
        for at in range(0, len(content), PIECE):
            socket.send(content[at : at + PIECE])
        socket.send('{"end": true}')
        while not said or not {"summary", "error"} & said[-1].keys():
            said.append(json.loads(socket.recv(timeout=ANSWER_SECONDS)))
    return said
