"""How a service bears crowds: a few guides, then more than it was made for, each as its own slice of the gates.

results = bear(address, recordings, experiment.release)
"""

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from silencio.evaluation.gates import GateResult
from silencio.serving import load
from silencio.settings import Release

EACH = 2
"""At least so many requests of every user: the first ones find the service idle."""


def bear(address: str, recordings: Sequence[Path], release: Release) -> list[GateResult]:
    """No request may go wrong in any crowd; how fast it is is asked with the first one, which it is made for.

    To be told to come again later is no error, and is reported. Without recordings nothing can be judged.
    """
    results = []
    for users in release.users:
        asked = max(release.requests, EACH * users) if recordings else 0
        calls = [load.Call(path) for path in islice(cycle(recordings), asked)]
        replies, crowd = load.identify_all(address, calls, users), f"{users} users"
        results.append(GateResult.at_most("error rate", crowd, load.failure_rate(replies), 0.0))
        if users == release.users[0]:
            results.append(GateResult.at_most("p95 ms", crowd, load.p95(replies), release.max_p95_ms))
        refused = load.refusal_rate(replies)
        results.append(GateResult.at_most("told to come again", crowd, refused, release.max_refused))
    return results
