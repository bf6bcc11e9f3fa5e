"""What a preset names can be built and learns: network, loss, optimizer, augmentation, on windows of its shape."""

from pathlib import Path

import numpy as np
import pytest
import torch

from silencio.experiment import load_experiment, presets
from silencio.models import build
from silencio.settings import Experiment, Model
from silencio.training.lesson import Lesson
from silencio.training.loop import fit
from tests.stores import SPECIES, make_windows

FEW = {"train": 16, "validation": 2}
"""Two windows a recording, one species each: each species has a second recording."""
SMALL = {"window_seconds": 1.0, "hop_seconds": 1.0}
"""Pictures as high as the preset's, but not as wide; images are as small as they may be."""
NETWORKS = {
    "audiomnist": ["cnn"],
    "audiomnist_fcnn": ["fcnn"],
    "birdclef2021": ["inception_v3"],
    "birdsong": ["resnet50"],
    "demo": ["mobilenetv2"],
    "drift": ["mobilenetv2"],
    "el_silencio": ["efficientnet_b0"],
    "el_silencio_ensemble": ["resnet50", "efficientnet_b0", "mobilenetv2"],
    "esc10": ["cnn"],
    "frogid": ["cnn"],
    "perch": ["embedding"],
    "tiny": ["mobilenetv2"],
}


def networks_of(experiment: Experiment) -> tuple[Model, ...]:
    return experiment.model.members or (experiment.model,)


def test_each_preset_has_the_network_of_its_system() -> None:
    named = {name: [m.architecture for m in networks_of(load_experiment(name))] for name in presets()}
    assert named == NETWORKS


@pytest.mark.parametrize(
    ("preset", "number"), [(name, number) for name, all_ in NETWORKS.items() for number in range(len(all_))]
)
def test_its_network_learns_in_a_step(preset: str, number: int, tmp_path: Path) -> None:
    whole = load_experiment(preset)
    once = whole.training.model_copy(update={"epochs": 1, "threads": 1, "device": "cpu"})
    experiment = whole.model_copy(update={"model": networks_of(whole)[number], "training": once})
    image = {"image_size": 96} if whole.audio.features == "image" else {}
    front_end = whole.audio.anywhere().model_copy(update=SMALL | image)
    windows = make_windows(tmp_path / "windows", parts=FEW, front_end=front_end)

    trained = fit(experiment, Lesson.of(experiment, windows), tmp_path / "state", lambda epoch: None)

    torch.manual_seed(experiment.seed)
    drawn = build(experiment.model, front_end.shape, len(SPECIES))
    assert np.isfinite(trained.history[0].loss)
    assert any(not torch.equal(trained.last[name], before) for name, before in drawn.named_parameters())
