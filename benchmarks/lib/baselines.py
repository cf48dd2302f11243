"""Other lifting networks of DSTformer's size, with its input and output, for accuracy/architectures.py."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from vidmotion.model.dstformer import Block, DSTformer, DSTformerConfig


class SingleStream(DSTformer):
    """A spatio-temporal transformer with one stream: attention over joints and over time alternately.

    A DSTformer of depth D has 2 D blocks side by side; here they follow each other in one stream.
    """

    def __init__(self, config: DSTformerConfig) -> None:
        super().__init__(config)
        self.blocks_st, self.blocks_ts, self.ts_attn = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        self.blocks = nn.ModuleList(Block(config, "st") for _ in range(2 * config.depth))
        self._initialise()

    def represent(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        frames = x.shape[1]
        times = self.temp_embed[:, :frames] if positions is None else self.temp_embed[:, positions]
        x = self.joints_embed(x) + self.pos_embed + times
        for block in self.blocks:
            x = block(x)
        return self.pre_logits(self.norm(x))


class TemporalConvolution(nn.Module):
    """Dilated residual convolutions over time (after Pavllo et al., arXiv 1811.11742), padded to keep all frames.

    Reads all joints of a frame as one vector; dilations 1, 3, 9, ... give 3 ** (blocks + 1) frames to each frame.
    """

    def __init__(self, width: int, blocks: int, joints: int = 17) -> None:
        super().__init__()
        self.first = nn.Conv1d(3 * joints, width, 3)
        self.first_norm = nn.BatchNorm1d(width)
        self.blocks = nn.ModuleList(_Dilated(width, 3 ** (level + 1)) for level in range(blocks))
        self.last = nn.Conv1d(width, 3 * joints, 1)
        nn.init.trunc_normal_(self.last.weight, std=0.01)  # as small at first as the other networks' outputs
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """3D joints (B, T, J, 3); `positions` are not used."""
        joints = x.shape[2]
        y = x.flatten(2).mT  # (B, 3 J, T)
        y = F.relu(self.first_norm(self.first(_padded(y, 1))))
        for block in self.blocks:
            y = block(y)
        return self.last(y).mT.unflatten(-1, (joints, 3))


class _Dilated(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.wide, self.wide_norm = nn.Conv1d(width, width, 3, dilation=dilation, bias=False), nn.BatchNorm1d(width)
        self.narrow, self.narrow_norm = nn.Conv1d(width, width, 1, bias=False), nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.wide_norm(self.wide(_padded(x, self.dilation))))
        return x + F.relu(self.narrow_norm(self.narrow(y)))


def _padded(x: Tensor, frames: int) -> Tensor:
    """(B, C, T) with the first and last frames repeated so many times."""
    return F.pad(x, (frames, frames), mode="replicate")


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def convolution_of_size(wanted: int, blocks: int) -> TemporalConvolution:
    """The widest network, in steps of 8 channels, with at most this number of parameters."""
    width = 8
    while parameters(TemporalConvolution(width + 8, blocks)) <= wanted:
        width += 8
    return TemporalConvolution(width, blocks)
