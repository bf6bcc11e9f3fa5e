"""A hand-over: whole with its manifest, known by its digest, and never silently something else."""

from pathlib import Path

import pytest

from silencio.errors import SilencioError
from silencio.handover import MANIFEST, Kind, Receipt, open_handover, seal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report of two files, not sealed yet."""
    folder = tmp_path / "report"
    (folder / "plots").mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    (folder / "plots/map.svg").write_text("<svg/>")
    return folder


def test_a_folder_without_a_manifest_is_no_handover(folder: Path) -> None:
    with pytest.raises(SilencioError, match=f"no finished report at {folder}"):
        open_handover(folder, Kind.REPORT)


def test_a_sealed_folder_opens_as_what_was_sealed(folder: Path) -> None:
    sealed = seal(folder, Kind.REPORT, {"map": 0.8})

    assert open_handover(folder, Kind.REPORT) == sealed
    assert sealed.files.keys() == {"report.json", "plots/map.svg"}
    assert (sealed / "report.json").read_text() == "{}"
    assert sealed.verify() is sealed


def test_a_handover_of_another_kind_is_refused(folder: Path) -> None:
    seal(folder, Kind.REPORT)

    with pytest.raises(SilencioError, match="holds a report of version 1, not a bundle of version 2"):
        open_handover(folder, Kind.BUNDLE)


def test_the_digest_covers_contents_and_kind_but_no_facts(folder: Path) -> None:
    first = seal(folder, Kind.REPORT, {"took": 1}).digest

    assert seal(folder, Kind.REPORT, {"took": 2}).digest == first
    assert seal(folder, Kind.BUNDLE).digest != first
    (folder / "report.json").write_text("{ }")
    assert seal(folder, Kind.REPORT).digest != first


def test_a_digest_that_is_known_already_is_not_computed(folder: Path) -> None:
    whole = seal(folder, Kind.REPORT)

    assert seal(folder, Kind.REPORT, known=whole.files) == whole
    vouched = seal(folder, Kind.REPORT, known={"report.json": "0" * 64, "elsewhere": "1" * 64})
    assert vouched.files == {**whole.files, "report.json": "0" * 64}
    with pytest.raises(SilencioError, match=r"report.json was changed"):
        vouched.verify()


def test_the_digest_does_not_depend_on_where_the_folder_lies(folder: Path) -> None:
    first = seal(folder, Kind.REPORT).digest

    moved = folder.rename(folder.with_name("moved"))

    assert open_handover(moved, Kind.REPORT).verify().digest == first


def change(folder: Path) -> None:
    (folder / "report.json").write_text("{ }")


def remove(folder: Path) -> None:
    (folder / "plots/map.svg").unlink()


def add(folder: Path) -> None:
    (folder / "plots/extra.svg").write_text("<svg/>")


def rename(folder: Path) -> None:
    (folder / "report.json").rename(folder / "renamed.json")


def forge(folder: Path) -> None:
    """Change a file, and its digest in the manifest with it."""
    honest = seal(folder, Kind.REPORT)
    (folder / "report.json").write_text("{ }")
    forged = seal(folder, Kind.REPORT)
    manifest = folder / MANIFEST
    manifest.write_text(manifest.read_text().replace(forged.digest, honest.digest))


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (change, "report.json was changed"),
        (remove, "plots/map.svg is missing"),
        (add, "plots/extra.svg was added"),
        (rename, "renamed.json was added"),
        (forge, "manifest.json was changed"),
    ],
)
def test_verify_names_what_is_not_as_it_was_sealed(folder: Path, tamper: object, named: str) -> None:
    seal(folder, Kind.REPORT)
    assert callable(tamper)
    tamper(folder)

    with pytest.raises(SilencioError, match=f"{named} since the report was sealed"):
        open_handover(folder, Kind.REPORT).verify()


def test_a_manifest_that_a_kill_cut_short_is_neither_content_nor_in_the_way(folder: Path) -> None:
    whole = seal(folder, Kind.REPORT).digest
    (folder / MANIFEST).rename(folder / f"{MANIFEST}.partial")

    again = seal(folder, Kind.REPORT)

    assert again.digest == whole
    again.verify()


def test_a_receipt_travels_as_text_and_opens_the_handover(folder: Path, tmp_path: Path) -> None:
    sealed = seal(folder, Kind.REPORT, {"map": 0.8})
    path = tmp_path / "receipts" / "report.json"

    sealed.receipt().write(path)

    receipt = Receipt.read(path)
    assert receipt == sealed.receipt()
    assert receipt.facts == {"map": 0.8}
    assert receipt.open(Kind.REPORT) == sealed


def test_a_receipt_refuses_a_folder_that_was_rewritten(folder: Path) -> None:
    receipt = seal(folder, Kind.REPORT).receipt()
    (folder / "report.json").write_text("{ }")
    seal(folder, Kind.REPORT)

    with pytest.raises(SilencioError, match="Something rewrote it in between"):
        receipt.open(Kind.REPORT)


def test_a_receipt_whose_folder_is_gone_says_where_it_was(folder: Path) -> None:
    receipt = seal(folder, Kind.REPORT).receipt()
    folder.rename(folder.with_name("moved"))

    with pytest.raises(SilencioError, match=f"no finished report at {folder}"):
        receipt.open(Kind.REPORT)
