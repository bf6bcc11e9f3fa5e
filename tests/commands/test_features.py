"""`silencio features …`: what is asked for in vain is refused before any work is done."""

from pathlib import Path

import pytest

from silencio.commands.features import On, features_build, features_export, features_prune
from silencio.errors import WrongUse


def test_a_cluster_is_not_told_how_many_processes_it_has(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"--workers 3 is for processes; a Ray cluster knows its own size"):
        features_build("tiny", tmp_path, on=On.RAY, workers=3)


def test_an_export_is_named_as_numpy_knows_it(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"digits.txt does not end in .npz"):
        features_export("tiny", Path("digits.txt"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_prune_says_what_it_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = tmp_path / "processed/shards/front-end"
    shards.mkdir(parents=True)
    (shards / "unused.f16").write_bytes(bytes(3_000_000))

    features_prune(tmp_path)

    assert capsys.readouterr().out == "shards removed\tMB\n1\t3.0\n"
    assert not list(shards.glob("*.f16"))
