"""Draws that torch takes no generator for."""

import numpy as np
import torch
from torch import Tensor


def beta(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """From the symmetric Beta distribution, [count]."""
    drawn = int(torch.randint(2**62, (1,), generator=generator))
    return torch.from_numpy(np.random.default_rng(drawn).beta(alpha, alpha, count).astype(np.float32))
