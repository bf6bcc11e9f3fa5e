"""Users of a service, in a process of their own: python -m benchmarks.crowd HOST PORT FOLDER USERS SECONDS

Each sends the folder's recordings one after the other over a line that it keeps, and waits for every answer. Raw
sockets, and nothing of an answer is read but its status and its length: the crowd should leave the cores to whom it
asks. What came back is printed as one JSON object.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Self


@dataclass
class Answers:
    milliseconds: list[float] = field(default_factory=list)
    """Of those that were answered with 200, from the first byte that is sent to the last that comes."""
    statuses: dict[str, int] = field(default_factory=dict)
    """How many of each; `broken` where no answer came."""
    seconds: float = 0.0
    """Of all of it."""

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status != "200")

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))


async def ask(host: str, port: int, recordings: list[bytes], users: int, seconds: float) -> Answers:
    answers, begun = Answers(), time.perf_counter()
    crowd = [_user(host, port, recordings, number, begun + seconds, answers) for number in range(users)]
    await asyncio.gather(*crowd)
    answers.seconds = time.perf_counter() - begun
    return answers


async def _user(
    host: str, port: int, recordings: list[bytes], first: int, until: float, answers: Answers
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for recording in islice(cycle(recordings), first, None):
        if (begun := time.perf_counter()) > until:
            break
        head = f"POST /v1/identify HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(recording)}\r\n\r\n"
        try:
            writer.write(head.encode() + recording)
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
            await reader.readexactly(length)
            status = lines[0].split()[1]
        except (OSError, asyncio.IncompleteReadError):
            status = "broken"
        if status == "200":
            answers.milliseconds.append(1000 * (time.perf_counter() - begun))
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        if status == "broken":
            break
    writer.close()


def main() -> None:
    host, port, folder, users, seconds = sys.argv[1:]
    recordings = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    answers = asyncio.run(ask(host, int(port), recordings, int(users), float(seconds)))
    print(json.dumps(asdict(answers)))


if __name__ == "__main__":
    main()
