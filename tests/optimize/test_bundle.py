from pathlib import Path

import numpy as np
import pytest

from silencio.errors import SilencioError
from silencio.optimize.bundle import Bundle
from tests.bundles import FRONT_END, SPECIES, make_bundle


def test_a_bundle_opens_as_it_was_written(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    assert bundle.species == SPECIES
    assert bundle.front_end == FRONT_END
    assert np.array_equal(bundle.thresholds, np.full(3, 0.5, np.float32))


@pytest.mark.parametrize("name", ["model.onnx", "labels.csv", "thresholds.json", "frontend.json"])
def test_any_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    content = bytearray((bundle.folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle.folder / name).write_bytes(content)
    with pytest.raises(SilencioError, match=f"{name} was changed"):
        Bundle.open(bundle.folder)


def test_the_model_answers_batches_of_any_size_alike(tmp_path: Path) -> None:
    model = make_bundle(tmp_path / "bundle").model()
    windows = np.random.default_rng(0).standard_normal((37, *FRONT_END.shape)).astype(np.float32)
    together = model.probabilities(windows)
    alone = np.concatenate([model.probabilities(windows[i : i + 1]) for i in range(37)])
    assert together.shape == (37, 3)
    np.testing.assert_allclose(together, alone, atol=1e-6)
