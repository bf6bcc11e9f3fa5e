"""TorchScript of the network as it is."""

import warnings
from pathlib import Path

import torch

from silencio.audio.pictures import as_pictures
from silencio.optimize.makers.material import Material


def torchscript(material: Material, script: Path) -> None:
    inputs = torch.from_numpy(as_pictures(material.calibration[:2]))
    with warnings.catch_warnings(), torch.inference_mode():
        # Traced, the constants of this one network are what is meant; torch also says that there are newer ways.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(material.network, inputs), script)
