"""How a service bears crowds: a few guides, then more than it was made for, each as its own slice of the gates.

results = bear(address, recordings, experiment.release)
"""

import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from silencio.evaluation.gates import GateResult
from silencio.serving import load
from silencio.serving.rehearsal import write_arrivals
from silencio.settings import Release

EACH = 2
"""At least so many requests of every user: the first ones find the service idle."""
CLIP_SECONDS, RATE = 5.0, 32_000
"""What a guide's phone sends; a minute of a recorder is nobody's who waits."""


def bear(address: str, recordings: Sequence[Path], release: Release) -> list[GateResult]:
    """No request may go wrong in any crowd; how fast it is is asked with the first one, which it is made for.

    To be told to come again later is no error, and is reported. Without recordings nothing can be judged.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _bear(address, write_arrivals(recordings, RATE, Path(folder) / "clips", CLIP_SECONDS), release)


def _bear(address: str, clips: Sequence[Path], release: Release) -> list[GateResult]:
    results = []
    for users in release.users:
        asked = max(release.requests, EACH * users) if clips else 0
        calls = [load.Call(path) for path in islice(cycle(clips), asked)]
        replies, crowd = load.identify_all(address, calls, users), f"{users} users"
        results.append(GateResult.at_most("error rate", crowd, load.failure_rate(replies), 0.0))
        if users == release.users[0]:
            results.append(GateResult.at_most("p95 ms", crowd, load.p95(replies), release.max_p95_ms))
        refused = load.refusal_rate(replies)
        results.append(GateResult.at_most("told to come again", crowd, refused, release.max_refused))
    return results
