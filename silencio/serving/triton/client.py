"""A bundle's model that a Triton server runs: asked over HTTP by the protocol that KServe and Triton share."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from silencio.errors import SilencioError
from silencio.optimize.bundle import Bundle
from silencio.optimize.engines.model import Model

LENGTH = "Inference-Header-Content-Length"
"""Where a message's JSON ends and its numbers begin."""
TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class TritonAway(SilencioError):
    """It does not answer, or not with what was asked for."""


class TritonModel(Model):
    """Refuses a server whose model is of another bundle: its answers would be taken for this one's."""

    def __init__(self, address: str, bundle: Bundle, name: str = "silencio") -> None:
        # To compress numbers costs more than to send them to a neighbour.
        plain = {"accept-encoding": "identity"}
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT, trust_env=False, headers=plain)
        self._address, self._name = address, name
        settings = self._settings()
        served = settings.get("parameters", {}).get("bundle", {}).get("string_value")
        if served != bundle.digest:
            of = "no bundle of ours" if served is None else f"bundle {served[:12]}"
            raise SilencioError(
                f"{address} serves {of}, and this service is of {bundle.digest[:12]}.",
                "Export this bundle for it (silencio triton export), and have it load that.",
            )
        self._input, self._output = settings["input"][0]["name"], settings["output"][0]["name"]

    def batch(self, pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        numbers = np.ascontiguousarray(pictures, np.float32)
        asked = {
            "inputs": [
                {
                    "name": self._input,
                    "shape": list(numbers.shape),
                    "datatype": "FP32",
                    "parameters": {"binary_data_size": numbers.nbytes},
                }
            ],
            "outputs": [{"name": self._output, "parameters": {"binary_data": True}}],
        }
        head = json.dumps(asked).encode()
        content, headers = head + numbers.tobytes(), {LENGTH: str(len(head))}
        response = self._ask("POST", f"/v2/models/{self._name}/infer", content, headers)
        if LENGTH not in response.headers:
            raise TritonAway(
                f"Triton at {self._address} answered without numbers: {response.text[:200]}",
                "The Python backend of Triton 2.51 does so with numpy 2: give its environment numpy 1.26.",
            )
        return _numbers(response.content, int(response.headers[LENGTH]))

    def _settings(self) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self._ask("GET", f"/v2/models/{self._name}/config").json()
        return said

    def _ask(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            response = self._http.request(method, path, content=content, headers=headers)
            return response.raise_for_status()
        except httpx.HTTPStatusError as error:
            said = error.response.text[:200]
            raise TritonAway(
                f"Triton at {self._address} answered {error.response.status_code}: {said}",
                "Its log says more.",
            ) from error
        except httpx.TransportError as error:
            raise TritonAway(
                f"Triton at {self._address} does not answer ({error or type(error).__name__}).",
                "Start it, or leave serving.triton out: this process runs the model then.",
            ) from error


def _numbers(message: bytes, head: int) -> NDArray[np.float32]:
    (said,) = json.loads(message[:head])["outputs"]
    return np.frombuffer(message[head:], np.float32).reshape(said["shape"])
