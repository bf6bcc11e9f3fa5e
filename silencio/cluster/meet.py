"""Work on a Ray cluster: the one at an address, or else one of this machine alone, which ends with the work.

with met(site.ray_address, cores=4):
    ray.get(…)
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from silencio.errors import WrongUse

PATIENCE_SECONDS = 10


@contextmanager
def met(address: str | None = None, cores: int | None = None) -> Iterator[None]:
    """Within it, Ray may be asked. `cores` is what a cluster of this machine alone is to say it has, if it has
    fewer: they are then shared. Whoever is connected already stays so."""
    # What is computed here is nobody else's business; and Ray reads this when it is imported.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    _answers(address)
    # Ray sets its own variable for the jobs of a cluster: whoever runs in one works on it. Without the word `local`
    # it would take any cluster that somebody started on this machine.
    alone = not address and "RAY_ADDRESS" not in os.environ
    try:
        ray.init(
            "local" if alone else address,
            num_cpus=max(cores or 0, os.cpu_count() or 1) if alone else None,
            include_dashboard=False if alone else None,
            log_to_driver=False,
            configure_logging=False,
        )
    except ConnectionError as error:
        raise _nobody(address) from error
    try:
        yield
    finally:
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
