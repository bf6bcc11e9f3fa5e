"""A phone's stream through the gateway: a real client, the real gateway, real services."""

import json
import threading
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from silencio.release.router import TRACK_HEADER, Route, Track
from silencio.serving.process import free_port
from tests.bundles import TONES
from tests.release.conftest import RunningGateway, Service

PRODUCTION, CANARY = Track.PRODUCTION, Track.CANARY
RATE = 16_000
OPENING = json.dumps({"format": "pcm_s16le", "sample_rate": RATE, "channels": 1})


@pytest.fixture
def both(gateway: RunningGateway, champion: Service, candidate: Service) -> RunningGateway:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 50), CANARY: Route(candidate.address, 50)})
    return gateway


def opened(address: str, path: str = "/v1/stream", **headers: str) -> ClientConnection:
    return connect(
        address.replace("http", "ws") + path, compression=None, proxy=None, additional_headers=headers
    )


def song(seconds: float) -> bytes:
    at = np.arange(round(seconds * RATE)) / RATE
    return (9_000 * np.sin(2 * np.pi * TONES["frogli1"] * at)).astype("<i2").tobytes()


def streamed(address: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    """All that is said of three seconds, and the track that said it."""
    with opened(address, **headers) as socket:
        socket.send(OPENING)
        for start in range(0, len(sound := song(3.0)), 8_000):
            socket.send(sound[start : start + 8_000])
        socket.send(json.dumps({"end": True}))
        said = [json.loads(message) for message in socket]
        assert socket.close_code == 1000
        assert socket.response is not None
        return said, socket.response.headers[TRACK_HEADER]


def test_a_stream_through_the_gateway_says_what_the_service_says(
    gateway: RunningGateway, champion: Service
) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100)})
    through, track = streamed(gateway.address)
    with pytest.raises(KeyError):
        streamed(champion.address)  # who asks it without a gateway is told no track

    assert track == "production"
    assert through[-1]["summary"]["species"][0]["code"] == "frogli1"
    assert len(through) == 4  # a window a second, and what is to be said of all


def test_streams_take_turns_and_may_ask_for_a_track(both: RunningGateway) -> None:
    assert {streamed(both.address)[1] for _ in range(2)} == {"production", "canary"}
    assert {streamed(both.address, **{TRACK_HEADER: "canary"})[1] for _ in range(2)} == {"canary"}


def test_the_code_with_which_a_service_closes_is_told(both: RunningGateway) -> None:
    with opened(both.address) as socket:
        socket.send("no JSON")
        assert "JSON" in json.loads(socket.recv(timeout=20))["error"]
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=20)
    assert socket.close_code == 1003


def test_what_a_service_refuses_is_refused_in_its_words(both: RunningGateway) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(both.address, Origin="https://elsewhere.example"):
        pass
    assert refused.value.response.status_code == 403
    assert b"elsewhere.example" in (refused.value.response.body or b"")
    assert refused.value.response.headers[TRACK_HEADER] in {"production", "canary"}


def test_the_service_s_own_page_may_stream_through_the_gateway(both: RunningGateway) -> None:
    assert streamed(both.address, Origin=both.address)[0]


@pytest.mark.parametrize("routed", [False, True])
def test_without_a_service_behind_it_a_stream_is_refused(gateway: RunningGateway, routed: bool) -> None:
    if routed:
        gateway.router.set_routes({PRODUCTION: Route(f"http://127.0.0.1:{free_port()}", 100)})
    with pytest.raises(InvalidStatus) as refused, opened(gateway.address):
        pass
    assert refused.value.response.status_code == 503


def test_a_track_is_not_given_up_while_somebody_streams_to_it(
    gateway: RunningGateway, champion: Service, candidate: Service
) -> None:
    gateway.router.set_routes({PRODUCTION: Route(champion.address, 100)})
    with opened(gateway.address) as socket:
        socket.send(OPENING)
        changing = threading.Thread(
            target=gateway.router.set_routes, args=[{PRODUCTION: Route(candidate.address, 100)}]
        )
        changing.start()
        changing.join(0.5)
        assert changing.is_alive()
        socket.send(json.dumps({"end": True}))
        assert list(socket)
    changing.join(10)
    assert not changing.is_alive()
    assert gateway.router.routes()[PRODUCTION].address == candidate.address
