"""What every service of a bundle must do, checked against one that runs: a candidate's integration test."""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from math import nan
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from silencio.audio import Features, windows_of
from silencio.evaluation.gates import GateResult, Verdict
from silencio.optimize.bundle import Bundle
from silencio.serving import load
from silencio.serving.problems import MEDIA_TYPE
from silencio.settings import Release

TOLERANCE = 1e-4
"""The largest difference of a probability between a service and its bundle."""
SLICE = "service"
USERS = 4
REQUESTS = 20
GARBAGE = b"no recording at all " * 50
NOT_LET_IN = frozenset({401, 403})
SAID_BY = "integration test"


def check_service(
    address: str, bundle: Bundle, recordings: list[Path], max_p95_ms: float = Release().max_p95_ms
) -> list[GateResult]:
    """Ask a service everything that its callers rely on.

    It is asked to keep a word of feedback: give it a feedback folder that no training ever reads.
    """
    with load.client(address) as http:
        try:
            asked = http.get("/v1/model")
            if asked.status_code in NOT_LET_IN:
                said = (
                    f"{address} lets nobody in: HTTP {asked.status_code}. {load.KEY} is to hold a key for it."
                )
                return [yes_or_no("answers", False, said)]
            model = asked.json()
        except (httpx.TransportError, ValueError) as error:
            return [yes_or_no("answers", False, f"{address} does not answer: {error}.")]
        codes = [s["code"] for s in http.get("/v1/species").json()]
        replies = load.identify_all(address, [load.Call(path) for path in recordings], USERS)
        return [
            yes_or_no(
                "serves the bundle", model["digest"] == bundle.digest, f"It serves {model['digest'][:12]}."
            ),
            yes_or_no(
                "labels",
                codes == [s.code for s in bundle.species],
                "The species, in the order of the classes.",
            ),
            skew(bundle, replies),
            _garbage(http),
            _feedback(http, replies, bundle),
            *_load(address, recordings, max_p95_ms),
        ]


def skew(bundle: Bundle, replies: Sequence[load.Reply], slice_name: str = SLICE) -> GateResult:
    """The largest difference between what a service answered and what its bundle says in this process."""
    features, model = Features(bundle.front_end), bundle.model()
    answered = {r.call.recording: r.answer for r in replies if r.ok}
    differences = []
    for path, answer in answered.items():
        expected = model.probabilities(windows_of(path, features).features)
        differences.append(_difference(expected, _probabilities(answer, bundle)))
    return GateResult.at_most("skew", slice_name, max(differences, default=nan), TOLERANCE)


def _probabilities(answer: Mapping[str, Any], bundle: Bundle) -> NDArray[np.float64]:
    """[windows, classes]; a species that the answer lacks is not a number."""
    return np.array(
        [[w["probabilities"].get(s.code, np.nan) for s in bundle.species] for w in answer["windows"]]
    )


def _difference(expected: NDArray[np.float32], answered: NDArray[np.float64]) -> float:
    if expected.shape != answered.shape or np.isnan(answered).any():
        return 1.0
    return float(np.abs(expected - answered).max())


def _garbage(http: httpx.Client) -> GateResult:
    response = http.post("/v1/identify", content=GARBAGE)
    refused = 400 <= response.status_code < 500 and response.headers["content-type"] == MEDIA_TYPE
    return yes_or_no("refuses garbage", refused, f"Answered {response.status_code}.")


def _feedback(http: httpx.Client, replies: Sequence[load.Reply], bundle: Bundle) -> GateResult:
    request = next((r.answer["request"] for r in replies if r.ok), None)
    if request is None:
        return GateResult.inconclusive("feedback", SLICE, 1.0, "No recording was identified.")
    word = {"request": request, "species": bundle.species[0].code, "said_by": SAID_BY}
    kept = http.post("/v1/feedback", json=word).status_code
    unknown = http.post("/v1/feedback", json=word | {"request": "never-made"}).status_code
    return yes_or_no(
        "feedback",
        (kept, unknown) == (201, 404),
        f"Answered {kept}, and {unknown} to a request that was never made.",
    )


def _load(address: str, recordings: list[Path], max_p95_ms: float) -> list[GateResult]:
    calls = [load.Call(path) for path in islice(cycle(recordings), REQUESTS)]
    replies = load.identify_all(address, calls, USERS)
    return [
        GateResult.at_most("error rate", SLICE, load.error_rate(replies), 0.0),
        GateResult.at_most("p95 ms", SLICE, load.p95(replies), max_p95_ms),
    ]


def yes_or_no(name: str, held: bool, reason: str, slice_name: str = SLICE) -> GateResult:
    verdict = Verdict.PASS if held else Verdict.FAIL
    return GateResult(name, slice_name, float(held), 1.0, nan, nan, verdict, reason)
