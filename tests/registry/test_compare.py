from pathlib import Path

import pytest

from silencio.errors import WrongUse
from silencio.evaluation.gates import GateResult
from silencio.registry.compare import Row, Side, differences, find
from silencio.registry.versions import Version
from silencio.workspace import Workspace
from tests.bundles import make_bundle
from tests.registry.bundles import Shelf


def version_of(
    shelf: Shelf, folder: Path, value: float, threshold: float, bands: int, tones: dict[str, float]
) -> Version:
    judged = [
        GateResult.at_least("map", "overall", value, threshold),
        GateResult.at_least("map", "night", 0.9, 0.5),
    ]
    with_run = shelf.bundle()
    facts = {
        **with_run.facts,
        "map": value,
        "size_mb": 10 * value,
        "gates": [gate.to_json() for gate in judged],
        "inputs": {"evaluation": {"top_k": bands, "resamples": 20}},
    }
    return shelf.registry.register(make_bundle(folder, tones, facts=facts))


@pytest.fixture
def rows(shelf: Shelf, tmp_path: Path) -> list[Row]:
    tones = {"antshr1": 2_000.0, "frogli1": 1_000.0, "howmon1": 300.0}
    one = version_of(shelf, tmp_path / "one", 0.7, 0.5, 3, tones)
    other = version_of(shelf, tmp_path / "other", 0.8, 0.9, 5, tones | {"howmon1": 310.0})
    sides = (Side.of(version, shelf.registry, Workspace(tmp_path)) for version in (one, other))
    return list(differences(*sides))


def test_only_settings_that_differ_are_told(rows: list[Row]) -> None:
    assert [row for row in rows if row.about == "settings"] == [Row("settings", "evaluation.top_k", "3", "5")]


def test_figures_stand_side_by_side_with_a_signed_difference(rows: list[Row]) -> None:
    assert [row for row in rows if row.about == "figures"] == [
        Row("figures", "map", "0.7", "0.8", "+0.1"),
        Row("figures", "size_mb", "7", "8", "+1"),
    ]


def test_gates_whose_verdict_or_bar_changed_are_told(rows: list[Row]) -> None:
    assert [row for row in rows if row.about == "gates"] == [
        Row(
            "gates",
            "map, overall",
            "pass: 0.700 is at least 0.500.",
            "fail: 0.800 is below 0.900.",
        )
    ]


def test_data_that_is_not_here_is_compared_as_far_as_the_bundles_say(rows: list[Row]) -> None:
    assert [row for row in rows if row.about == "data"] == [
        Row("data", "catalog", "c" * 12, "c" * 12, "the same"),
        Row("data", "species", "3", "3", "the same"),
        Row("data", "recordings", "not in this workspace", "not in this workspace", "cannot be compared"),
    ]


def test_a_version_is_found_by_its_number_or_by_where_it_stands(shelf: Shelf) -> None:
    version, _ = shelf.version()
    assert find(shelf.registry, "1") == find(shelf.registry, "candidate") == version
    with pytest.raises(WrongUse, match=r"No version of .* is at production"):
        find(shelf.registry, "production")
    with pytest.raises(WrongUse, match="'best' is neither a version's number nor a stage"):
        find(shelf.registry, "best")
