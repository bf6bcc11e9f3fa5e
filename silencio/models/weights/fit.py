"""Put weights into a network by their names; what does not fit is said, and too much of it is an error."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from torch import Tensor, nn

from silencio.errors import WrongUse
from silencio.models.weights.published import Published
from silencio.models.weights.read import read_weights
from silencio.settings import FrontEnd, Model

log = logging.getLogger(__name__)

TOO_MANY = 0.1
"""Of the tensors that should have come, or that did: beyond, the file is another network's."""
SHOWN = 8
BACKBONE, HEAD = "backbone.", "head."
COUNTERS = "num_batches_tracked"  # files may be older than they are
PARALLEL = "module."  # what torch.nn.DataParallel puts before every name


@dataclass(frozen=True)
class Fitted:
    """What became of a file's tensors, and of a network's that it should have held; by name."""

    loaded: tuple[str, ...]
    left_out: tuple[str, ...]
    """Of the file, as meant: a classifier of other classes, and what our front end does."""
    unfit: tuple[str, ...]
    """Of the file: of no name or of another shape than the network's."""
    missing: tuple[str, ...]
    """Of the network, but for its head: as they were drawn."""


def begin_with(network: nn.Module, file: Path, settings: Model, front_end: FrontEnd) -> Fitted:
    """Load a file of published weights, or of our own, into a network that `build` made of these settings."""
    published: Published = import_module(f"silencio.models.{settings.architecture}").PUBLISHED
    tensors = {name.removeprefix(PARALLEL): tensor for name, tensor in read_weights(file).items()}
    if not any(name.startswith(BACKBONE) for name in tensors):
        _refuse_another_front_end(published, front_end, file)
    own = network.state_dict()
    fitted, fitting = _compare(_by_our_names(tensors, own), own, published)
    _judge(fitted, file, settings.architecture)
    network.load_state_dict(fitting, strict=False)
    return fitted


def _by_our_names(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The backbone of the one may be the whole of the other."""
    ours, theirs = (any(name.startswith(BACKBONE) for name in names) for names in (own, tensors))
    if ours and not theirs:
        return {f"{BACKBONE}{name}": tensor for name, tensor in tensors.items()}
    if theirs and not ours:
        return {name.removeprefix(BACKBONE): tensor for name, tensor in tensors.items()}
    return dict(tensors)


def _compare(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], published: Published
) -> tuple[Fitted, dict[str, Tensor]]:
    within = BACKBONE if any(name.startswith(BACKBONE) for name in own) else ""
    heads = (HEAD, *([f"{within}{published.classifier}."] if published.classifier else []))
    besides = tuple(f"{within}{name}" for name in published.besides)
    stem = f"{within}{published.stem}.weight"
    fitting, left_out, unfit = dict[str, Tensor](), list[str](), list[str]()
    for name, given in tensors.items():
        wanted = own.get(name)
        tensor = _for_one_channel(given, wanted) if name == stem and wanted is not None else given
        if wanted is not None and wanted.shape == tensor.shape:
            fitting[name] = tensor
        elif name.startswith((*heads, *besides)):
            left_out.append(name)
        else:
            unfit.append(name)
    expected = [n for n in own if n.startswith(within) and not n.startswith(heads) and COUNTERS not in n]
    missing = tuple(name for name in expected if name not in fitting)
    return Fitted(tuple(fitting), tuple(left_out), tuple(unfit), missing), fitting


def _for_one_channel(stem: Tensor, wanted: Tensor) -> Tensor:
    """A picture in three equal channels and its one channel give the same: the weights add up."""
    if stem.ndim == wanted.ndim == 4 and stem.shape[1] == 3 and wanted.shape[1] == 1:
        return stem.sum(1, keepdim=True)
    return stem


def _judge(fitted: Fitted, file: Path, architecture: str) -> None:
    came = len(fitted.loaded) + len(fitted.unfit)
    wanted = len(fitted.loaded) + len(fitted.missing)
    said = f"{_some(fitted.unfit)} of the file fit nowhere, {_some(fitted.missing)} of the network were not there"
    if len(fitted.unfit) > TOO_MANY * came or len(fitted.missing) > TOO_MANY * wanted:
        raise WrongUse(
            f"{file} holds the weights of another network than {architecture}: {said}.",
            "docs/weights.md says which file is whose.",
        )
    if fitted.unfit or fitted.missing:
        log.warning("%s: %s.", file, said)
    log.info("%s: %d tensors loaded, left out %s", file, len(fitted.loaded), _some(fitted.left_out))


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = ", …" if len(listed) > SHOWN else ""
    return f"{len(listed)} ({', '.join(listed[:SHOWN])}{more})" if listed else "none"


def _refuse_another_front_end(published: Published, front_end: FrontEnd, file: Path) -> None:
    if published.front_end is None:
        return
    needed, given = published.front_end.model_dump(), front_end.model_dump()
    wrong = [name for name in needed if name not in published.free and needed[name] != given[name]]
    if wrong:
        raise WrongUse(
            f"{file} was trained on another front end than audio's, which has "
            f"{', '.join(f'{name} {given[name]}' for name in wrong)}.",
            f"Set {', '.join(f'audio.{name} to {needed[name]}' for name in wrong)}.",
        )
