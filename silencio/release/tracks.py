"""Deployments on this machine: a track is a process that serves one bundle, and the gateway is one more.

Everything is written down, so that the next command, in another process, goes on where this one stopped.
"""

import fcntl
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from silencio.errors import WrongUse
from silencio.optimize.bundle import Bundle
from silencio.release.gateway import HEALTH, EmbeddedRouter
from silencio.release.router import Route, Track, check_routes
from silencio.release.state import read_state, write_state
from silencio.serving.process import RunningProcess, free_port, silencio_command, start

log = logging.getLogger(__name__)

GATEWAY_PORT = 8000
"""Where people look first; another one is taken when it is not free."""


@dataclass(frozen=True)
class Deployment:
    track: Track
    address: str
    pid: int
    digest: str
    """Of the bundle that it serves."""
    born: str

    @property
    def process(self) -> RunningProcess:
        return RunningProcess(self.pid, self.born)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        return cls(**{**content, "track": Track(content["track"])})

    def answers(self) -> bool:
        """The process lives, and the address answers with this bundle: ids and ports are given out again."""
        if not self.process.alive():
            return False
        try:
            answer = httpx.get(f"{self.address}/v1/model", timeout=5.0, trust_env=False)
            return answer.status_code == 200 and answer.json()["digest"] == self.digest
        except (httpx.TransportError, ValueError, KeyError):
            return False


@dataclass
class Kept:
    """What is known from one command to the next."""

    file: Path
    deployments: dict[Track, Deployment]
    weights: dict[Track, int]
    gateway: dict[str, Any]
    """Its address, pid and born; empty before there was one."""

    @classmethod
    def read(cls, file: Path) -> Self:
        content = read_state(file)
        deployments = {Track(t): Deployment.from_json(d) for t, d in content.get("deployments", {}).items()}
        weights = {Track(t): weight for t, weight in content.get("weights", {}).items()}
        return cls(file, deployments, weights, content.get("gateway", {}))

    def write(self) -> None:
        deployments = {t: asdict(d) for t, d in self.deployments.items()}
        write_state(self.file, {"deployments": deployments, "weights": self.weights, "gateway": self.gateway})

    def shares(self) -> dict[Track, int]:
        """Percent by every track that something was deployed to."""
        return {track: self.weights.get(track, 0) for track in self.deployments}

    @property
    def gateway_process(self) -> RunningProcess | None:
        return RunningProcess(self.gateway["pid"], self.gateway["born"]) if self.gateway else None


class LocalTracks:
    """`folder` holds state and logs; all tracks share `feedback_folder`, so that each knows every request."""

    def __init__(self, folder: Path, feedback_folder: Path, stop_after_idle: float | None = None) -> None:
        self._folder = folder.resolve()
        self._feedback = feedback_folder.resolve()
        self._idle = [] if stop_after_idle is None else ["--stop-after-idle", str(stop_after_idle)]
        self._folder.mkdir(parents=True, exist_ok=True)

    def deploy(self, track: Track, bundle_folder: Path) -> Deployment:
        """Serve a bundle on a track. What served there goes once the new one is ready and has its route.

        The same bundle, still up, is left alone. A new deployment takes over the weight that its track has.
        """
        digest = Bundle.open(bundle_folder).digest
        with self._alone() as kept:
            before = kept.deployments.get(track)
            if before is not None and before.digest == digest and before.answers():
                return before
            deployment = kept.deployments[track] = self._start(track, bundle_folder, digest)
            kept.write()
            self._route(kept)
            if before is not None:
                before.process.stop()
        log.info("%s serves %s at %s", track, digest[:12], deployment.address)
        return deployment

    def retire(self, track: Track) -> None:
        """Stop what serves on a track, if anything does; its share of the traffic goes to production."""
        with self._alone() as kept:
            retired, share = kept.deployments.pop(track, None), kept.weights.pop(track, 0)
            if Track.PRODUCTION in kept.deployments:
                kept.weights[Track.PRODUCTION] = kept.weights.get(Track.PRODUCTION, 0) + share
            elif share:
                kept.weights = {}
            kept.write()
            self._route(kept)
            if retired is not None:
                retired.process.stop()

    def running(self) -> dict[Track, Deployment]:
        """The deployments that answer right now."""
        return {track: d for track, d in self._read().deployments.items() if d.answers()}

    def weights(self) -> dict[Track, int]:
        """Percent of the traffic, by every track that something was deployed to."""
        return self._read().shares()

    def set_weights(self, weights: Mapping[Track, int]) -> None:
        """Share the traffic out anew; a track that is not named gets none. Starts the gateway if need be."""
        check_routes({track: Route("", weight) for track, weight in weights.items()})
        with self._alone() as kept:
            missing = [str(t) for t, weight in weights.items() if weight and t not in kept.deployments]
            if missing:
                raise WrongUse(
                    f"Nothing is deployed to {', '.join(missing)}.", "Deploy first, then give it weight."
                )
            kept.weights = dict(weights)
            kept.write()
            self._gateway(kept)
            self._route(kept)

    def gateway_address(self) -> str:
        """The gateway's address; it is started if it does not run."""
        with self._alone() as kept:
            return self._gateway(kept)

    def stop_all(self) -> None:
        """The gateway first, then every track. The weights are forgotten; the logs stay."""
        with self._alone() as kept:
            for process in (kept.gateway_process, *(d.process for d in kept.deployments.values())):
                if process is not None:
                    process.stop()
            kept.file.unlink(missing_ok=True)

    def _start(self, track: Track, bundle_folder: Path, digest: str) -> Deployment:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        what = ["--bundle", str(bundle_folder.resolve()), "--feedback", str(self._feedback)]
        process = start(
            silencio_command("serve", *what, "--port", str(port), *self._idle),
            self._folder / f"{track}.log",
            f"{address}/readyz",
        )
        return Deployment(track, address, process.pid, digest, process.born)

    def _gateway(self, kept: Kept) -> str:
        before = kept.gateway_process
        if before is not None:
            if before.alive() and self._router(kept).is_up():
                return str(kept.gateway["address"])
            before.stop()
        port = free_port(GATEWAY_PORT)
        address = f"http://127.0.0.1:{port}"
        process = start(
            silencio_command(
                "gateway", "--port", str(port), "--state", str(self._gateway_state), *self._idle
            ),
            self._folder / "gateway.log",
            address + HEALTH,
        )
        kept.gateway = {"address": address, **asdict(process)}
        kept.write()
        self._route(kept)
        return address

    def _route(self, kept: Kept) -> None:
        """Tell the gateway, if it runs, where the tracks are now."""
        if kept.gateway and (router := self._router(kept)).is_up():
            shares = kept.shares()
            router.set_routes(
                {track: Route(d.address, shares[track]) for track, d in kept.deployments.items()}
            )

    def _router(self, kept: Kept) -> EmbeddedRouter:
        return EmbeddedRouter(kept.gateway["address"], self._gateway_state)

    @property
    def _gateway_state(self) -> Path:
        return self._folder / "gateway.json"

    def _read(self) -> Kept:
        return Kept.read(self._folder / "tracks.json")

    @contextmanager
    def _alone(self) -> Iterator[Kept]:
        """Two commands at once take turns."""
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self._read()
