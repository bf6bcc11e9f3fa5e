"""Both kinds of stores, and recordings that are sent to them."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from silencio.data.feedback import Arrival, FeedbackStore, Kept, Said, Verdict, Word
from silencio.data.feedback.records import audio_name
from silencio.serving.process import free_port
from silencio.settings import Keeping
from tests.mlflow_servers import postgresql

Open = Callable[..., FeedbackStore]
BUCKET = "kept"


def arrival(request: str, recording: bytes = b"sound", suffix: str = ".wav", **columns: object) -> Arrival:
    """One that answered antshr1, unless the columns say otherwise."""
    kept = {"at": time.time(), "model": "m", "seconds": 5.0, "species": (("antshr1", 0.9),)}
    return Arrival(
        Kept(**{"request": request, "audio": audio_name(recording, suffix), **kept, **columns}),  # type: ignore[arg-type]
        recording,
    )


def send(store: FeedbackStore, request: str, recording: bytes = b"sound", **columns: object) -> str:
    """Keep one request; the name of its audio."""
    one = arrival(request, recording, **columns)
    store.keep([one])
    return str(one.kept.audio)


def say(
    store: FeedbackStore,
    request: str,
    said_by: str,
    *species: str,
    verdict: Verdict = Verdict.SPECIES,
    stretch: tuple[float, float] | tuple[None, None] = (None, None),
) -> Said:
    return store.say(Word(request, said_by, verdict, species, *stretch))


@contextmanager
def shared_store(folder: Path) -> Iterator[Keeping]:
    """Settings of a store in a PostgreSQL and a bucket of their own. Skips where there is no PostgreSQL."""
    with postgresql() as database, bucket(folder) as audio:
        yield Keeping(database=database, audio=audio)


def access(endpoint: str) -> dict[str, str]:
    """What the environment says to whoever looks for S3."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """The address of a bucket on a server of its own, to which the environment leads meanwhile."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    leads = access(endpoint)
    before = {name: os.environ.get(name) for name in leads}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (folder / "s3.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(endpoint, server)
        name = f"{BUCKET}-{secrets.token_hex(4)}"
        httpx.put(f"{endpoint}/{name}", trust_env=False).raise_for_status()
        os.environ.update(leads)
        yield f"s3://{name}/feedback"
    finally:
        server.kill()
        server.wait()
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


def _wait(endpoint: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None
        try:
            httpx.get(endpoint, trust_env=False, timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(endpoint)


def audio_of(store: FeedbackStore, name: str) -> bytes | None:
    """As a catalog finds it."""
    store.bring([name])
    path = store.folder / "audio" / name
    return path.read_bytes() if path.exists() else None
