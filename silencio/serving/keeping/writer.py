"""The process that writes: `Scribe` starts it, hands it orders, and hears what became of each.

It gives way to everybody, and ends where its orders do: when the service ends, however that ends.
"""

import os
import pickle
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from silencio.serving.keeping.parcel import Order

GROUP = Path("/proc/self/autogroup")
LEAST, USUAL = 19, 0
"""The least that anything may count for, and what all else does. Linux knows less (SCHED_IDLE), which on a machine that
is busy for hours comes to nothing at all."""


def main() -> None:
    # Who tells the service to stop may tell all of its processes; it is the service that says when all is written.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, signal.SIG_IGN)
    orders, reports = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    with ThreadPoolExecutor(1) as foremost:
        foremost.submit(int).result()  # a thread counts for as much as who starts it, when it does
        if sys.platform == "linux":
            # This thread alone. Without privileges there is no way back.
            os.setpriority(os.PRIO_PROCESS, 0, LEAST)
        count_for(LEAST)
        # Only now: what takes long to import would be in the way of the service's first requests.
        from silencio.serving.keeping.writing import Writing

        try:
            writing = Writing(pickle.load(orders), foremost)
            while True:
                order: Order = pickle.load(orders)
                if order.hurries:
                    count_for(USUAL)
                pickle.dump(writing.do(order), reports)
                reports.flush()
                if order.hurries:
                    count_for(LEAST)
        except (EOFError, pickle.UnpicklingError, BrokenPipeError):
            return  # the service is gone, maybe in the middle of a word


def count_for(nice: int) -> None:
    """Against other sessions: where Linux groups what runs by these, threads are only nice to those of their own."""
    with suppress(OSError):  # it does not, or was told a moment ago
        GROUP.write_text(str(nice))


if __name__ == "__main__":
    main()
