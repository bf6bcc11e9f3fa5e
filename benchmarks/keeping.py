"""What keeping costs a request: python benchmarks/keeping.py [--quick]

The same service twice, in processes of their own: one keeps what it hears in SQLite and files, with the passive log and
the ear for speech, the other keeps nothing. A client sends each of them clips of 5 s in Ogg Vorbis from the built-in
reserve, in turn, first one by one, then eight at a time; it shares the machine's cores with both. `slower_1user` and
`slower_8users` are by what share the median request is slower where it is kept; `throughput_8users` is the keeping
service's by the other's, `throughput_no_pause` the same over ten times as many at once: what waits for a pause gets
none. Each is the median over rounds that ask both, and over pairs of services that were started anew. `more_computing`
is how much more of a core's time a request takes, whatever else the machine does. The model is MobileNetV2 at the size
of the demo, with random weights.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import numpy as np
import soundfile

from benchmarks.report import publish
from silencio.data.reserve import compose
from silencio.data.reserve.ogg import encode
from silencio.serving.process import free_port, silencio_command, start
from silencio.settings import Reserve

RATE, SECONDS = 32_000, 5
USERS = 8
SETTLE_SECONDS = 0.4
WITHOUT_A_PAUSE = 10
"""Times as many as otherwise."""


def clips(folder: Path, count: int) -> list[bytes]:
    """Pieces of the built-in reserve's recordings: how soon the ear is sure depends on what is heard."""
    settings = Reserve(species=12, recordings_per_species=4, soundscapes=16, sites=4)
    compose(settings, folder)
    made = []
    for path in sorted(folder.rglob("*.ogg")):
        samples, _ = soundfile.read(path, dtype="float32")
        pieces = range(0, len(samples) - SECONDS * RATE + 1, SECONDS * RATE)
        made += [encode(samples[start : start + SECONDS * RATE]) for start in pieces]
    return [made[n * len(made) // count] for n in range(count)]


@dataclass(frozen=True)
class Contestant:
    http: httpx.Client
    pid: int

    def computed(self) -> float:
        """Seconds of a core that the service took so far, and whoever writes for it: on a busy machine as on any."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/children")
        children = [int(child) for thread in threads for child in thread.read_text().split()]
        return sum(computed(process) for process in (self.pid, *children))


def computed(process: int) -> float:
    times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in times[11:13]) / os.sysconf("SC_CLK_TCK")


@contextmanager
def service(bundle: Path, folder: Path, *options: str) -> Iterator[Contestant]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = silencio_command("serve", "--bundle", str(bundle), "--port", str(port), *options)
    process = start(command, folder / f"{port}.log", f"{address}/readyz")
    limits = httpx.Limits(max_connections=USERS, max_keepalive_connections=USERS)
    try:
        with httpx.Client(base_url=address, limits=limits, trust_env=False, timeout=60) as http:
            yield Contestant(http, process.pid)
    finally:
        process.stop()


def took(http: httpx.Client, clip: bytes) -> float:
    begun = time.perf_counter()
    http.post("/v1/identify", content=clip).raise_for_status()
    return time.perf_counter() - begun


def crowd(http: httpx.Client, sent: list[bytes]) -> tuple[float, float]:
    """Median seconds of a request, and seconds of all."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(USERS) as pool:
        each = list(pool.map(lambda clip: took(http, clip), sent))
    return median(each), time.perf_counter() - begun


def main() -> None:
    pairs, rounds, alone, together = (3, 4, 20, 24) if "--quick" in sys.argv else (6, 8, 40, 80)
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bundle, sent = make_bundle(folder / "bundle"), clips(folder / "reserve", together)
        # The same service started twice differs by two or three in a hundred: no pair speaks for all.
        for pair in range(pairs):
            with (
                service(bundle, folder, "--feedback", str(folder / f"feedback{pair}")) as kept,
                service(bundle, folder) as plain,
            ):
                contestants = {"kept": kept, "plain": plain}
                measured = measure(contestants, sent, rounds, alone) | without_a_pause(
                    contestants, sent, pair
                )
                for what, values in measured.items():
                    seconds.setdefault(what, []).extend(values)
    publish(
        "keeping",
        {
            "slower_1user": ratio(seconds, "1 user") - 1,
            "slower_8users": ratio(seconds, f"{USERS} users") - 1,
            "more_computing": ratio(seconds, "of a core") - 1,
            "throughput_8users": 1 / ratio(seconds, f"all of {USERS} users"),
            "throughput_no_pause": 1 / ratio(seconds, "without a pause"),
        },
        {name: 1000 * median(values) for name, values in sorted(seconds.items())},
        "ms",
    )


def measure(
    contestants: dict[str, Contestant], sent: list[bytes], rounds: int, alone: int
) -> dict[str, list[float]]:
    """Seconds by contestant and number of users, round by round. Who goes first changes with the round."""
    seconds: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        order = list(contestants.items())[:: 1 if turn % 2 else -1]
        for name, contestant in order:
            http, before = contestant.http, contestant.computed()
            # One upon another: what is written behind an answer is in the way of the next of the same service.
            one = [took(http, fresh(sent[n % len(sent)], turn, n, name)) for n in range(alone)]
            many, all_of_them = crowd(http, [fresh(c, turn, n + alone, name) for n, c in enumerate(sent)])
            time.sleep(SETTLE_SECONDS)  # what is still to be written is not the other's burden
            computed = (contestant.computed() - before) / (len(one) + len(sent))
            if turn:  # the first round warms both
                seconds.setdefault(f"{name}, 1 user", []).append(median(one))
                seconds.setdefault(f"{name}, {USERS} users", []).append(many)
                seconds.setdefault(f"{name}, of a core", []).append(computed)
                seconds.setdefault(f"{name}, all of {USERS} users", []).append(all_of_them)
    return seconds


def without_a_pause(
    contestants: dict[str, Contestant], sent: list[bytes], pair: int
) -> dict[str, list[float]]:
    """Seconds that eight users at a time are in all, for so long that nothing can be put off until they are gone."""
    took = {}
    for name, contestant in list(contestants.items())[:: 1 if pair % 2 else -1]:
        many = [fresh(clip, pair, turn, n) for turn in range(WITHOUT_A_PAUSE) for n, clip in enumerate(sent)]
        _, took[f"{name}, without a pause"] = crowd(contestant.http, many)
        time.sleep(5 * SETTLE_SECONDS)
    return {what: [seconds] for what, seconds in took.items()}


def ratio(seconds: dict[str, list[float]], what: str) -> float:
    """The kept service's by the other's, round by round; the median."""
    pairs = zip(seconds[f"kept, {what}"], seconds[f"plain, {what}"], strict=True)
    return median(kept / plain for kept, plain in pairs)


def fresh(clip: bytes, *what: object) -> bytes:
    """The same sound as another file: bytes after an Ogg stream's end are nobody's."""
    return clip + repr(what).encode()


def make_bundle(folder: Path) -> Path:
    """MobileNetV2 for a dozen species at the demo's front end; its weights are random."""
    import torch

    from silencio.data.species import Species
    from silencio.experiment import load_experiment
    from silencio.handover import Kind, seal
    from silencio.models import build
    from silencio.optimize.bundle import write_contents
    from silencio.optimize.export import export

    torch.manual_seed(0)
    front_end = load_experiment("demo").audio
    model = load_experiment("demo", ["model.architecture=mobilenetv2"]).model
    species = tuple(Species(f"species{n}", f"Species {n}", f"Species {n}", "Aves") for n in range(12))
    folder.mkdir(parents=True)
    network = build(model, front_end.shape, len(species)).eval()
    export(network, np.zeros((2, *front_end.shape), np.float32), folder / "model.onnx")
    write_contents(folder, species, {s.code: 0.5 for s in species}, front_end)
    seal(folder, Kind.BUNDLE, {"architecture": "mobilenetv2", "variant": "fp32"})
    return folder


if __name__ == "__main__":
    main()
