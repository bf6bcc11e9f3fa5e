"""Digests of values and of code: the same wherever, another as soon as something differs."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silencio import identity
from silencio.errors import SilencioError
from silencio.identity import code_digest, digest_of, digest_of_file, digest_of_files, git_commit, machine

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.data(), st.dictionaries(st.text(), JSON, max_size=5))
def test_the_digest_of_a_mapping_does_not_depend_on_its_order(
    data: st.DataObject, value: dict[str, Any]
) -> None:
    shuffled = dict(data.draw(st.permutations(list(value.items()))))

    assert digest_of(shuffled) == digest_of(value)


def test_values_that_differ_have_digests_that_differ() -> None:
    values = [None, True, 1, 1.0, "1", "", [], {}, [1], ["1"], [[1]], {"1": 1}, {"1": "1"}, "é", "e\u0301"]

    assert len({digest_of(value) for value in values}) == len(values)


@given(st.text() | st.dictionaries(st.text(), st.text()))
def test_a_digest_is_64_hex_digits(value: object) -> None:
    assert len(digest_of(value)) == 64
    assert int(digest_of(value), 16) >= 0


def test_a_value_that_is_no_json_has_no_digest() -> None:
    with pytest.raises(TypeError):
        digest_of({"path": Path("here")})


def test_the_digest_of_a_file_is_its_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(b"x" * 100_000)

    assert digest_of_file(path) == hashlib.sha256(b"x" * 100_000).hexdigest()


def test_the_files_of_a_folder_are_named_by_their_path_below_it(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/b").write_text("b")
    (tmp_path / "a").write_text("a")

    assert list(digest_of_files(tmp_path)) == ["a", "deep/er/b"]


def test_no_names_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")

    assert digest_of_files(tmp_path, {}) == {}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two rooms in place of silencio's own."""
    for room in ("audio", "data"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "module.py").write_text(f"NAME = {room!r}\n")
    monkeypatch.setattr(identity, "PACKAGE", tmp_path)
    code_digest.cache_clear()
    return tmp_path


def test_the_code_digest_changes_with_the_source_of_its_rooms_only(package: Path) -> None:
    audio, both, whole = code_digest("audio"), code_digest("audio", "data"), code_digest()

    (package / "data/module.py").write_text("NAME = 'other'\n")
    code_digest.cache_clear()

    assert code_digest("audio") == audio
    assert code_digest("audio", "data") != both
    assert code_digest() != whole


def test_the_code_digest_ignores_what_is_no_source(package: Path) -> None:
    before = code_digest()

    (package / "audio/__pycache__").mkdir()
    (package / "audio/__pycache__/module.cpython-311.pyc").write_bytes(b"\0")
    code_digest.cache_clear()

    assert code_digest() == before


def test_a_room_that_is_not_there_has_no_digest(package: Path) -> None:
    with pytest.raises(SilencioError, match="no room audoi"):
        code_digest("audoi")


@pytest.fixture(autouse=True)
def _forget() -> None:
    git_commit.cache_clear()
    code_digest.cache_clear()


def test_the_commit_is_named_and_says_when_files_differ_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "silencio"
    package.mkdir()
    (package / "module.py").write_text("1\n")
    monkeypatch.setattr(identity, "PACKAGE", package)
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=R", "-c", "user.email=r@example.org", "commit", "--quiet", "--message", "first"],
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    clean = git_commit()
    (package / "module.py").write_text("2\n")
    git_commit.cache_clear()

    assert len(clean) == 40
    assert git_commit() == f"{clean}-dirty"


def test_outside_a_checkout_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "PACKAGE", tmp_path / "silencio")

    assert git_commit() == "unknown"


def test_the_machine_kind_is_told() -> None:
    assert machine()["python"] == ".".join(map(str, sys.version_info[:3]))
    assert machine()["processor"]
    assert machine()["cores"] >= 1
