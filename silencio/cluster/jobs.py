"""Commands on a Ray cluster, by Ray's job client. The token of a cluster that asks for one is Ray's own affair:
RAY_AUTH_MODE=token and RAY_AUTH_TOKEN."""

import asyncio
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from silencio.errors import SilencioError, WrongUse
from silencio.settings import Site

if TYPE_CHECKING:
    from ray.job_submission import JobDetails

DASHBOARD_PORT = 8265
"""Ray's own."""


@dataclass(frozen=True)
class Job:
    """One command, and how it stands."""

    number: str
    command: str
    status: str
    exit_code: int | None
    """None as long as it runs, and where it never ran."""
    said: str
    """By Ray, of the status."""

    @classmethod
    def of(cls, details: "JobDetails") -> "Job":
        number, code = str(details.submission_id or details.job_id), details.driver_exit_code
        return cls(number, details.entrypoint, details.status.value, code, details.message or "")

    @property
    def is_over(self) -> bool:
        return self.status in ("SUCCEEDED", "FAILED", "STOPPED")


class Jobs:
    """Those of one cluster. Raises if nobody answers there, or not to us."""

    def __init__(self, address: str) -> None:
        """`address` is the dashboard's, such as http://head:8265."""
        from ray.exceptions import AuthenticationError
        from ray.job_submission import JobSubmissionClient

        self.address = address
        try:
            self._client: JobSubmissionClient = JobSubmissionClient(address)
        except AuthenticationError as error:
            raise WrongUse(
                f"The Ray cluster at {address} does not know us.",
                "Set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN to what its head was started with.",
            ) from error
        except (ConnectionError, OSError, RuntimeError, ValueError) as error:
            raise WrongUse(
                f"No Ray dashboard answers at {address} ({error}).",
                "Name another with --address or SILENCIO_RAY_DASHBOARD, such as http://head:8265.",
            ) from error

    def submit(
        self,
        command: Sequence[str],
        working_dir: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Its number; the command runs whether anybody follows it or not."""
        environment: dict[str, Any] = {}
        if working_dir:
            if not working_dir.is_dir():
                raise WrongUse(
                    f"There is no folder {working_dir}.", "--working-dir is a folder of this machine."
                )
            environment["working_dir"] = str(working_dir)
        if variables:
            environment["env_vars"] = dict(variables)
        return self._client.submit_job(entrypoint=shlex.join(command), runtime_env=environment)

    def get(self, number: str) -> Job:
        return Job.of(self._asked(self._client.get_job_info, number))

    def all(self) -> list[Job]:
        """The latest last."""
        jobs = sorted(self._client.list_jobs(), key=lambda details: details.start_time or 0)
        return [Job.of(details) for details in jobs if details.submission_id]

    def stop(self, number: str) -> bool:
        """Whether it ran still."""
        return bool(self._asked(self._client.stop_job, number))

    def follow(self, number: str, say: Callable[[str], None]) -> Job:
        """Tell what it prints, from its beginning, until it is over."""
        self.get(number)

        async def tail() -> None:
            async for text in self._client.tail_job_logs(number):
                say(text)

        try:
            asyncio.run(tail())
        except (RuntimeError, OSError) as error:
            raise SilencioError(
                f"The log of {number} broke off ({error}).",
                f"The job may well go on: silencio jobs follow {number}",
            ) from error
        return self.get(number)

    def _asked(self, question: "Callable[[str], Any]", number: str) -> Any:
        try:
            return question(number)
        except RuntimeError as error:
            if "404" not in str(error):
                raise SilencioError(
                    f"{self.address} could not answer: {error}", "Try again later."
                ) from error
            raise WrongUse(
                f"There is no job {number} at {self.address}.",
                "silencio jobs list names those that are there.",
            ) from error


def dashboard_of(site: Site) -> str:
    """Where the jobs of a site's cluster are sent."""
    if site.ray_dashboard:
        return site.ray_dashboard
    host = urlsplit(site.ray_address or "").hostname
    if host is None:
        raise WrongUse(
            "Nobody says which Ray cluster is meant.",
            "Give its dashboard's --address, such as http://head:8265, or set SILENCIO_RAY_DASHBOARD.",
        )
    return f"http://{host}:{DASHBOARD_PORT}"
