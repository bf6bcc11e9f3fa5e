"""What is learned over embeddings of a model that stays as it is: one layer on a row of numbers.

The numbers are brought to one scale first, for nobody knows that of somebody else's embeddings.
"""

from torch import nn

from silencio.models.classifier import linear_head
from silencio.models.shapes import only_a_row
from silencio.models.weights.published import Published
from silencio.settings import Model

PUBLISHED = Published()


def build(settings: Model, shape: tuple[int, ...], classes: int) -> nn.Module:
    only_a_row(settings.architecture, shape)
    network = nn.Sequential()
    network.add_module("scale", nn.BatchNorm1d(shape[0], affine=False))
    network.add_module("head", linear_head(shape[0], classes, settings.dropout))
    return network
