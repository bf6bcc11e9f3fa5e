"""How fast the service answers: python -m benchmarks.serving [--quick]

A MobileNetV2 at the demo's front end with 206 species, INT8 on ONNX Runtime; then, with `openvino_` before each
figure, INT8 on OpenVINO, which is what the demo's search chooses. Clips are five seconds of Ogg Vorbis. Users are in
a process of their own (benchmarks/crowd.py), on the same cores as the service.

| figure | |
|---|---|
| `p50_ms_1user` | from a clip's bytes to the last byte of its answer, over HTTP, one user |
| `p95_ms_8users` | the same, of eight who each wait for their answer before they ask again |
| `errors_32users` | requests of 32 such users that were not answered with 200 |
| `clips_per_second` | from bytes to probabilities in this process, as `silencio identify` works |
| `batching_gain` | requests a second of 16 users, over the same with batches of one window, in turns |
| `rss_mb` | what the service, keeping nothing, grew by over 10,000 requests after 1,000 (`--quick`: 700 after 300) |

`--quick` has ONNX Runtime's figures alone.
"""

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from benchmarks.crowd import Answers
from benchmarks.report import publish
from benchmarks.served import bundle, clips, service
from silencio.optimize.bundle import Bundle
from silencio.serving.engine.engine import Engine
from silencio.serving.engine.heard import Priority
from silencio.serving.engine.opening import open_served
from silencio.serving.process import RunningProcess
from silencio.settings import Serving
from silencio.settings.judging import Engine as Variant

VARIANTS: dict[str, Variant] = {"": "inc_static", "openvino_": "openvino_int8"}
AT_ONCE = 24
"""Clips that are under way together in bulk: enough that no core ever waits for the next."""
GROWTH_USERS = 8
UNBATCHED = {"batching.largest": 1}
Address = tuple[str, int, RunningProcess]


def crowd(address: Address, users: int, seconds: float) -> Answers:
    host, port, _ = address
    folder = str(clips()[0].parent)
    command = [sys.executable, "-m", "benchmarks.crowd", host, str(port), folder, str(users), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Answers.read(done.stdout)


def by_users(served: Bundle, prefix: str, seconds: float) -> dict[str, float]:
    with service(served, {}) as address:
        crowd(address, 8, 1.0)
        alone, eight, many = (crowd(address, users, seconds) for users in (1, 8, 32))
    return {
        f"{prefix}p50_ms_1user": median(alone.milliseconds),
        f"{prefix}p95_ms_8users": quantiles(eight.milliseconds, n=20)[-1],
        f"{prefix}errors_32users": float(many.errors),
    }


def batching_gain(served: Bundle, seconds: float, repeats: int) -> float:
    with service(served, {}) as batching, service(served, UNBATCHED) as unbatched:
        contestants = (batching, unbatched)
        for address in contestants:
            crowd(address, 16, 1.0)
        rounds = [[crowd(address, 16, seconds).per_second for address in contestants] for _ in range(repeats)]
    return median(with_ / without for with_, without in rounds)


def clips_per_second(served: Bundle, clips_in_all: int) -> float:
    settings = Serving()
    engine = Engine(open_served(served, settings.threads), settings)
    recordings = [path.read_bytes() for path in clips()]

    async def hear(count: int) -> float:
        waiting = iter(range(count))

        async def one_after_the_other() -> None:
            for number in waiting:
                await engine.hear(recordings[number % len(recordings)], Priority.BULK)

        begun = time.perf_counter()
        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        return count / (time.perf_counter() - begun)

    asyncio.run(hear(AT_ONCE))
    return median(asyncio.run(hear(clips_in_all // 3)) for _ in range(3))


def growth_mb(served: Bundle, warm_up: int, requests: int) -> float:
    """Of what lies in memory, in MiB."""
    with service(served, {}) as address:
        answered = 0
        while answered < warm_up:
            answered += len(crowd(address, GROWTH_USERS, 2.0).milliseconds)
        before, answered = resident_mb(address[2].pid), 0
        while answered < requests:
            answered += len(crowd(address, GROWTH_USERS, 5.0).milliseconds)
        return resident_mb(address[2].pid) - before


def resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> None:
    quick = "--quick" in sys.argv
    seconds, repeats = (1.5, 1) if quick else (10.0, 5)
    figures: dict[str, float] = {}
    for prefix, variant in list(VARIANTS.items())[: 1 if quick else None]:
        served = bundle(variant)
        figures |= by_users(served, prefix, seconds)
        figures[f"{prefix}clips_per_second"] = clips_per_second(served, 300 if quick else 3_000)
        figures[f"{prefix}batching_gain"] = batching_gain(served, seconds, repeats)
    figures["rss_mb"] = growth_mb(bundle(VARIANTS[""]), *((300, 700) if quick else (1_000, 10_000)))
    for name, value in figures.items():
        print(f"{name:28} {value:10.3f}")
    publish("serving", figures, {k: v for k, v in figures.items() if "_ms_" in k}, "ms")


if __name__ == "__main__":
    main()
