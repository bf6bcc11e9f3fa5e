from pathlib import Path

import torch
from torch import nn

from silencio.training.checkpoint import Progress
from silencio.training.epoch import Epoch


def stepped(seed: int) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.randn(8, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_a_training_is_saved_and_loaded_to_the_last_bit(tmp_path: Path) -> None:
    model, optimizer = stepped(1)
    best = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    Progress([Epoch(1, 3, 0.5, 0.6, 0.7)], best).save(tmp_path / "state", model, optimizer)

    other, empty = stepped(2)
    loaded = Progress.load(tmp_path / "state", other, empty)

    assert loaded.history == [Epoch(1, 3, 0.5, 0.6, 0.7)]
    assert all(torch.equal(loaded.best[name], best[name]) for name in best)
    assert all(torch.equal(other.state_dict()[n], t) for n, t in model.state_dict().items())
    for number, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            assert torch.equal(empty.state_dict()["state"][number][key], value)


def test_without_a_file_there_is_no_progress(tmp_path: Path) -> None:
    assert Progress.load(tmp_path / "state", *stepped(1)) == Progress()
