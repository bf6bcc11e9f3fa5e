"""The page tells of every augmentation, and shows it."""

import re
from pathlib import Path

import pytest

from silencio.settings import Augment

PAGE = Path(__file__).parents[3] / "docs" / "augmentation.md"
SHOWN = re.findall(r"\]\((augmentation/\w+\.png)\)", PAGE.read_text())


@pytest.mark.parametrize("setting", Augment.model_fields)
def test_every_setting_has_its_heading(setting: str) -> None:
    headings = [line for line in PAGE.read_text().splitlines() if line.startswith("### ")]

    assert any(f"`{setting}`" in heading for heading in headings)


@pytest.mark.parametrize("setting", sorted(set(Augment.model_fields) - {"background_snr_db"}))
def test_every_augmentation_is_shown(setting: str) -> None:
    assert f"augmentation/{setting}.png" in SHOWN


@pytest.mark.parametrize("picture", SHOWN)
def test_a_picture_is_there_and_small(picture: str) -> None:
    content = (PAGE.parent / picture).read_bytes()

    assert content.startswith(b"\x89PNG")
    assert len(content) <= 25_000
