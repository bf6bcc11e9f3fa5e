"""Hear recordings on a Ray cluster.

Its machines are of one kind, have silencio installed, and see the recordings and the workspace at the same paths.
"""

import socket
from collections.abc import Iterable, Iterator
from functools import partial
from typing import cast

import ray

from silencio.data.windows.crews import Crew, Words
from silencio.data.windows.hearing import Job, Word, report
from silencio.errors import WrongUse

PATIENCE_SECONDS = 10


def cluster(address: str | None = None) -> Crew:
    """The cluster at an address; without one, a cluster of this machine alone, which ends with the work."""
    return partial(_cluster, address=address)


def _cluster(jobs: Iterable[Job], address: str | None) -> Words:
    started = not ray.is_initialized()
    if started:
        _answers(address)
        try:
            ray.init(address=address, include_dashboard=False, log_to_driver=False, configure_logging=False)
        except ConnectionError as error:
            raise _nobody(address) from error
    try:
        yield from _stream(iter(jobs))
    finally:
        if started:
            ray.shutdown()


def _answers(address: str | None) -> None:
    """Ray itself waits for minutes before it says that nobody is there."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return  # "auto", or this machine
    try:
        socket.create_connection((host, int(port)), PATIENCE_SECONDS).close()
    except OSError as error:
        raise _nobody(address) from error


def _nobody(address: str | None) -> WrongUse:
    return WrongUse(
        f"No Ray cluster answers at {address}.",
        "Start one there, or name another in SILENCIO_RAY_ADDRESS; without it, this machine is the cluster.",
    )


def _stream(jobs: Iterator[Job]) -> Iterator[Word]:
    heard = ray.remote(num_cpus=1)(report)
    # One job more than cores waits at the door, so that no core does.
    room = int(ray.cluster_resources()["CPU"]) + 1
    at_work: list[ray.ObjectRefGenerator] = []
    while True:
        while len(at_work) < room and (job := next(jobs, None)):
            at_work.append(heard.remote(job))
        if not at_work:
            return
        ready, _ = ray.wait(at_work, num_returns=1)
        for words in cast(list[ray.ObjectRefGenerator], ready):
            try:
                yield ray.get(next(words))
            except StopIteration:
                at_work.remove(words)
