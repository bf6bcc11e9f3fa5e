"""`silencio train`: what is asked for in vain is refused before any work is done."""

from pathlib import Path

import pytest

from silencio.commands.learn import On, Sharding, train
from silencio.errors import WrongUse


def test_a_cluster_is_told_how_many_workers_share_each_batch(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"--on ray does not say how many workers .* --workers 2"):
        train("tiny", tmp_path, on=On.RAY)


@pytest.mark.parametrize("asked", [{"workers": 2}, {"on": On.HERE, "sharding": Sharding.FSDP2}])
def test_workers_are_of_a_cluster(asked: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"--workers and --sharding are of workers on Ray\. Add --on ray"):
        train("tiny", tmp_path, **asked)  # type: ignore[arg-type]
