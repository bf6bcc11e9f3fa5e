"""`integration_test`"""

from components.integration_test import integration_test
from components.receipts import read_gates
from tests.components.conftest import Desk, Workshop


def test_the_real_service_is_asked_for_its_contract_its_streams_and_a_load(
    desk: Desk, workshop: Workshop
) -> None:
    gates = desk.artifact("gates")
    given = {"catalog": desk.holding(workshop.catalog), "bundle": desk.holding(workshop.bundle)}

    assert integration_test.python_func(**desk.where, **given, gates=gates) == "pass"

    asked = {(gate.slice, gate.name) for gate in read_gates(gates)}
    assert asked >= {
        ("service", "serves the bundle"),
        ("service", "p95 ms"),
        ("streaming consumer", "each file once"),
        ("streaming consumer", "BirdCLEF's form"),
        ("live stream", "skew"),
    }
    assert gates.metadata["said"] == f"pass: {len(asked)} checks of the running service"
