"""Who hears the recordings: this process, processes on this machine, or a Ray cluster. The bytes are the same."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from queue import SimpleQueue

from silencio.data.windows.hearing import Job, Word, report

Words = Generator[Word, None, None]
Crew = Callable[[Iterable[Job]], Words]
"""Takes jobs as it gets to them, and gives every word on any of them."""


def alone(jobs: Iterable[Job]) -> Words:
    """In this process: for a few recordings, which are heard sooner than a process has started."""
    for job in jobs:
        yield from report(job)


def processes(workers: int) -> Crew:
    """So many processes on this machine. They end when this one does, however it ends.

    They are commands of their own, not multiprocessing's: those would run the caller's script again.
    """
    return partial(_processes, workers=workers)


def cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processes(jobs: Iterable[Job], workers: int) -> Words:
    waiting, turn = iter(jobs), threading.Lock()
    words = SimpleQueue[Word | Exception | None]()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "silencio.data.windows.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]

    def tend(worker: "subprocess.Popen[str]") -> None:
        try:
            while True:
                with turn:
                    job = next(waiting, None)
                if job is None:
                    break
                for word in _ask(worker, job):
                    words.put(word)
                    if word.problem:
                        return
        except Exception as error:  # it belongs to whoever waits for words
            words.put(error)
        finally:
            words.put(None)

    threads = [threading.Thread(target=tend, args=(worker,), daemon=True) for worker in running]
    try:
        for thread in threads:
            thread.start()
        at_work = workers
        while at_work:
            match words.get():
                case None:
                    at_work -= 1
                case Word() as word:
                    yield word
                case error:
                    raise error
    finally:
        for worker in running:
            worker.kill()
            worker.wait()
        for thread in threads:
            thread.join()


def _ask(worker: "subprocess.Popen[str]", job: Job) -> Iterator[Word]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(job.model_dump_json() + "\n")
        worker.stdin.flush()
        for line in worker.stdout:
            word = Word.model_validate_json(line)
            yield word
            if word.whole or word.problem:
                return
    except BrokenPipeError:
        pass  # it ended before it was asked: as when it ends before it has answered
    yield Word(
        problem=f"A process that heard recordings ended by itself, with exit code {worker.wait()}.",
        remedy="If memory ran out, name fewer workers; what it printed last may say more. Finished work is kept.",
    )
