"""How a Ray cluster is met."""

import socket

import pytest

from silencio.cluster.meet import met
from silencio.errors import WrongUse


def test_a_cluster_that_is_not_there_is_named_at_once() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, and never listening
        address = f"ray://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(WrongUse, match=f"No Ray cluster answers at {address}"), met(address):
            pass
