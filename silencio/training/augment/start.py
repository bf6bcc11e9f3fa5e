"""When in the window a call comes says nothing: a window begins anywhere, and goes by faster or slower."""

import numpy as np
import polars as pl
import torch
from torch import Tensor

from silencio.data.windows.store import Windows
from silencio.training.augment.decibels import power_sum
from silencio.training.lesson import Rows

NOBODY = -1


def next_windows(windows: Windows) -> Rows:
    """Of each window of the store, the one that begins where it ends, or `NOBODY`, [windows].

    Only where a label is of the whole recording: of a moment between two others nothing is known.
    """
    front_end = windows.front_end
    index = windows.index.select(
        "recording",
        "part",
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        begin=(pl.col("start") * front_end.sample_rate).round().cast(pl.Int64),
        weak=pl.col("strong").not_() & (pl.col("part") != "unlabelled"),
    )
    weak = index.filter("weak")
    after = weak.select("recording", "part", "row", begin=pl.col("begin") - front_end.window_samples)
    pairs = weak.join(after, on=["recording", "part", "begin"], suffix="_after")
    following = np.full(len(index), NOBODY, np.int64)
    following[pairs["row"].to_numpy()] = pairs["row_after"].to_numpy()
    return following


def strips(decibels: Tensor, joined: Tensor, after: Tensor, shared: int) -> tuple[Tensor, Tensor]:
    """What a window may be cut from, and how many frames of it there are until it begins anew.

    Pictures are [batch, bands, frames]; `after` are those that follow the ones numbered `joined`. `shared` frames at
    the end of one are at the same time as those at the beginning of the next: each heard half of it.
    Gives [batch, bands, 2 * frames] and [batch].
    """
    batch, _, frames = decibels.shape
    strip = torch.cat([decibels, decibels], dim=-1)
    lengths = torch.full((batch,), frames)
    if len(joined):
        whole = torch.cat([decibels[joined], after[..., shared:], after[..., :shared]], dim=-1)
        if shared:
            seam = slice(frames - shared, frames)
            whole[..., seam] = power_sum(whole[..., seam], after[..., :shared])
        strip[joined] = whole
        lengths[joined] = 2 * frames - shared
    return strip, lengths


def cut(strip: Tensor, lengths: Tensor, begins: Tensor, rates: Tensor | None = None) -> Tensor:
    """Half as many frames as the strips have, from `begins` on, [batch]; so many times as fast as `rates`, [batch]."""
    wanted = torch.arange(strip.shape[-1] // 2)
    if rates is None:
        return _frames(strip, (begins[:, None] + wanted) % lengths[:, None])
    at = begins[:, None] + wanted * rates[:, None]
    whole = at.floor().long()
    return _between(strip, whole % lengths[:, None], (whole + 1) % lengths[:, None], at - whole)


def stretched(pictures: Tensor, rates: Tensor) -> Tensor:
    """So many times as fast, [batch], from where they begin. What is over early ends with its last frame."""
    last = pictures.shape[-1] - 1
    at = (torch.arange(last + 1) * rates[:, None]).clamp(max=last)
    whole = at.floor().long()
    return _between(pictures, whole, (whole + 1).clamp(max=last), at - whole)


def _between(strip: Tensor, before: Tensor, after: Tensor, share: Tensor) -> Tensor:
    """Frames `before` and `after`, and of the second so large a share; all [batch, wanted]."""
    return torch.lerp(_frames(strip, before), _frames(strip, after), share[:, None, :])


def _frames(strip: Tensor, numbers: Tensor) -> Tensor:
    """[batch, bands, frames] and [batch, wanted] to [batch, bands, wanted]"""
    return strip.gather(2, numbers[:, None, :].expand(-1, strip.shape[1], -1))
