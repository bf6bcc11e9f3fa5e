"""A process that hears recordings: python -m silencio.data.windows.worker

It reads a job a line, and answers each with words, one a line. It ends when nobody is left to send it any.
"""

import os
import queue
import sys
import threading

from silencio.data.windows.hearing import Job, report


def main() -> None:
    # Whatever else prints, a library say, must not mix with the words.
    words = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    jobs = queue.SimpleQueue[str]()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    while True:
        for word in report(Job.model_validate_json(jobs.get())):
            print(word.model_dump_json(exclude_defaults=True), file=words, flush=True)


def _read(jobs: "queue.SimpleQueue[str]") -> None:
    """The sender closes the line when it has no more jobs, and the system does when the sender is killed."""
    for line in sys.stdin:
        jobs.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
