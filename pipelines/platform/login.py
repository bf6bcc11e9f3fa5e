"""Who asks: the token, wherever it comes from."""

from collections.abc import Generator
from pathlib import Path

import httpx

from silencio.errors import WrongUse
from silencio.settings import Kubeflow

IN_CLUSTER = Path("/var/run/secrets/kubeflow/pipelines/token")
"""Where Kubeflow projects a pod's token for this API: audience pipelines.kubeflow.org."""


class Login(httpx.Auth):
    def __init__(self, settings: Kubeflow, in_cluster: Path = IN_CLUSTER) -> None:
        self._token = settings.token.get_secret_value() if settings.token else None
        self._file = settings.token_file
        if self._file is None and self._token is None and in_cluster.exists():
            self._file = in_cluster
        if self._file is not None:
            self._read(self._file)

    @property
    def shown(self) -> str:
        """Where the token comes from; never the token."""
        if self._file is not None:
            return f"the token in {self._file}"
        return "the token in SILENCIO_KUBEFLOW_TOKEN" if self._token else "no token"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        # A file is read each time: the kubelet renews it long before a training is over.
        token = self._read(self._file) if self._file is not None else self._token
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        yield request

    @staticmethod
    def _read(path: Path) -> str:
        try:
            token = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise WrongUse(
                f"The token file {path} cannot be read: {error}.", "Name another with --token-file."
            ) from error
        if not token or not token.isascii() or any(c.isspace() for c in token):
            raise WrongUse(f"{path} holds no token.", "Write the token, and nothing else, into it: one line.")
        return token
