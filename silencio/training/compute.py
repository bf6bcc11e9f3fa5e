"""What a training is computed on, and how precisely."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from silencio.errors import WrongUse
from silencio.settings import Training


@dataclass(frozen=True)
class Compute:
    device: torch.device
    precision: torch.dtype
    """Of products in the forward pass; weights and sums are float32 throughout."""

    @classmethod
    def of(cls, settings: Training) -> "Compute":
        there = torch.cuda.is_available()
        if settings.device == "cuda" and not there:
            raise WrongUse(
                "training.device is cuda, and torch finds no CUDA device here.",
                "Set it to cpu or auto, or install a CUDA build of torch and its driver.",
            )
        device = torch.device("cuda" if there and settings.device != "cpu" else "cpu")
        return cls(device, precision_on(device, settings))

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    def prepare(self, settings: Training) -> None:
        """What is the whole process's: threads, and the same result every time as far as the device can."""
        torch.set_num_threads(settings.threads)
        # cuBLAS reads it when the first product is taken; without it, it may differ from run to run.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Some backward passes have no deterministic kernel on a GPU: there it is a wish, on a CPU a promise.
        torch.use_deterministic_algorithms(True, warn_only=self.on_gpu)

    def place(self, model: nn.Module) -> nn.Module:
        if not self.on_gpu:
            # Side by side, a CPU's channels gave gradients with an error of 1 %, five digits less than as they lie.
            return model
        # Tensor cores multiply pictures whose channels lie side by side without turning them first.
        return model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def autocast(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)

    def scaler(self) -> GradScaler:
        """Keeps float16's gradients from vanishing; does nothing for other precisions."""
        return GradScaler(self.device.type, enabled=self.precision == torch.float16)


def kind_of_device(settings: Training) -> str:
    """cpu or cuda. Workers on a cluster may have the GPU that this machine has not, and `auto` is as here."""
    if settings.workers is not None and settings.device == "cuda":
        return "cuda"
    return Compute.of(settings).device.type


def precision_on(device: torch.device, settings: Training) -> torch.dtype:
    if settings.precision != "auto":
        named: torch.dtype = getattr(torch, settings.precision)
        return named
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
