"""One of two processes that learn together: python -m tests.training.distributed.pair RANK PORT FOLDER

Both take their parts of the same batches; the first one writes what came of it.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch import distributed as dist

from silencio.models import build
from silencio.settings import Loss, Model, Training
from silencio.training.compute import Compute
from silencio.training.distributed import sharding
from silencio.training.distributed.team import ALONE, Team
from silencio.training.distributed.together import team_of
from silencio.training.learner import Learner, Progress
from silencio.training.losses import Objective
from silencio.training.targets import IGNORED

STEPS, WINDOWS, CLASSES = 4, 7, 3
LOSSES = ("bce", "focal", "cross_entropy")


def settings_of(loss: str, kind: str = "ddp", **changed: object) -> Training:
    asked = {"batch_size": WINDOWS, "threads": 1, "loss": {"name": loss}, "optimizer": "Adam", "average": 0.5}
    return Training.model_validate({**asked, "learning_rate": 0.01, "sharding": kind, **changed})


def learner_of(settings: Training, team: Team = ALONE, seed: int = 1) -> Learner:
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(6, 9), nn.ReLU(), nn.Sequential(nn.Linear(9, 5), nn.ReLU()), nn.Linear(5, 3)
    )
    objective = Objective(Loss(name=settings.loss.name), torch.tensor([0.5, 1.0, 2.0]))
    return Learner.of(model, objective, settings, Compute.of(settings), STEPS, team)


def batches() -> list[tuple[Tensor, Tensor]]:
    """Of an odd size, with targets that are left out: the parts weigh differently."""
    torch.manual_seed(2)
    made = []
    for _ in range(STEPS):
        targets = nn.functional.one_hot(torch.randint(CLASSES, (WINDOWS,)), CLASSES).float()
        targets[0, (targets[0].argmax() + 1) % CLASSES] = IGNORED
        made.append((torch.randn(WINDOWS, 6), targets))
    return made


def walk(learner: Learner, steps: slice = slice(None)) -> Learner:
    for pictures, targets in batches()[steps]:
        parts = zip(
            pictures.tensor_split(learner.team.size), targets.tensor_split(learner.team.size), strict=True
        )
        learner.step(*list(parts)[learner.team.rank])
    return learner


def walk_frames(team: Team, kind: str) -> Learner:
    """A network with batch norm, learning by its best frames."""
    settings = settings_of("bce", kind).model_copy(update={"loss": Loss(weak_labels="best_frame")})
    torch.manual_seed(1)
    model = build(Model(architecture="cnn", head="attention", width=4, dropout=0), (16, 16), CLASSES)
    learner = Learner.of(model, Objective(settings.loss), settings, Compute.of(settings), STEPS, team)
    made = batches()
    torch.manual_seed(team.rank)
    for _, targets in made:
        part = targets.tensor_split(team.size)[team.rank]
        learner.step(torch.randn(len(part), 1, 16, 16), part)
    learner.settle()
    return learner


def main(rank: str, port: str, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=int(rank), world_size=2)
    sharding.BLOCK = 20  # so that a model of this size has some
    for kind in ("ddp", "fsdp2"):
        for loss in LOSSES:
            settings = settings_of(loss, kind)
            team = team_of(settings)
            learner = walk(learner_of(settings, team), slice(2))
            Progress().save(folder / f"{kind}-{loss}.state", learner)
            dist.barrier()
            again = learner_of(settings, team, seed=3)
            Progress.load(folder / f"{kind}-{loss}.state", again)
            for name, each in (("whole", learner), ("again", again)):
                weights = walk(each, slice(2, None)).weights()
                if team.rank == 0:
                    save_file(weights, folder / f"{kind}-{loss}-{name}.safetensors")
        framed = walk_frames(team, kind).weights()
        save_file(framed, folder / f"{kind}-frames-{rank}.safetensors")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
