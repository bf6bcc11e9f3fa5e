"""Hear recordings on a Ray cluster."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import cast

import ray

from silencio.cluster.meet import met
from silencio.data.windows.crews import Crew, Words
from silencio.data.windows.hearing import Job, Word, report


def cluster(address: str | None = None) -> Crew:
    """The cluster at an address; without one, a cluster of this machine alone, which ends with the work."""
    return partial(_cluster, address=address)


def _cluster(jobs: Iterable[Job], address: str | None) -> Words:
    with met(address):
        yield from _stream(iter(jobs))


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
