"""A plain implementation of DSTformer, as the paper describes it: the baseline of speed/step_time.py.

Source: arXiv 2210.06551, section 3.2. Attention is softmax(Q K^T) V with the whole matrix in memory, in fp32, eager; no
fused kernels. Parameter names are those of `vidmotion.model.dstformer`, so that the same tensors load into both.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidmotion.model.dstformer import DSTformerConfig


class ReferenceAttention(nn.Module):
    """Multi-head self-attention over the second to last axis of (N, L, C)."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        n, length, dim = x.shape
        q, k, v = self.qkv(x).reshape(n, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        share = torch.softmax(q @ k.transpose(-2, -1) * self.scale, dim=-1)  # (N, heads, L, L)
        return self.proj((share @ v).transpose(1, 2).reshape(n, length, dim))


class ReferenceMLP(nn.Module):
    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class ReferenceBlock(nn.Module):
    """One block of a stream: over the joints first if `joints_first`, else over time."""

    def __init__(self, config: DSTformerConfig, joints_first: bool) -> None:
        super().__init__()
        dim, hidden = config.dim, int(config.dim * config.mlp_ratio)
        self.joints_first = joints_first
        self.norm1_s, self.norm1_t = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.norm2_s, self.norm2_t = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn_s, self.attn_t = ReferenceAttention(dim, config.heads), ReferenceAttention(dim, config.heads)
        self.mlp_s, self.mlp_t = ReferenceMLP(dim, hidden), ReferenceMLP(dim, hidden)

    def forward(self, x: Tensor) -> Tensor:
        if self.joints_first:
            return self._over_time(self._over_joints(x))
        return self._over_joints(self._over_time(x))

    def _over_joints(self, x: Tensor) -> Tensor:
        b, t, j, c = x.shape
        x = x + self.attn_s(self.norm1_s(x).reshape(b * t, j, c)).reshape(b, t, j, c)
        return x + self.mlp_s(self.norm2_s(x))

    def _over_time(self, x: Tensor) -> Tensor:
        b, t, j, c = x.shape
        turned = self.norm1_t(x).permute(0, 2, 1, 3).reshape(b * j, t, c)
        x = x + self.attn_t(turned).reshape(b, j, t, c).permute(0, 2, 1, 3)
        return x + self.mlp_t(self.norm2_t(x))


class ReferenceDSTformer(nn.Module):
    """(B, T, J, 3) 2D points with confidence to 3D (B, T, J, 3)."""

    def __init__(self, config: DSTformerConfig) -> None:
        super().__init__()
        self.config, dim = config, config.dim
        self.joints_embed = nn.Linear(3, dim)
        self.pos_embed = nn.Parameter(torch.zeros(1, config.joints, dim))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.max_frames, 1, dim))
        self.blocks_st = nn.ModuleList(ReferenceBlock(config, True) for _ in range(config.depth))
        self.blocks_ts = nn.ModuleList(ReferenceBlock(config, False) for _ in range(config.depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * dim, 2) for _ in range(config.depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pre_logits = nn.ModuleDict({"fc": nn.Linear(dim, config.rep)})
        self.head = nn.Linear(config.rep, 3)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        x = self.joints_embed(x) + self.pos_embed + self.temp_embed[:, positions]
        for depth in range(self.config.depth):
            one, other = self.blocks_st[depth](x), self.blocks_ts[depth](x)
            share = torch.softmax(self.ts_attn[depth](torch.cat([one, other], -1)), -1)
            x = share[..., 0:1] * one + share[..., 1:2] * other
        return self.head(torch.tanh(self.pre_logits["fc"](self.norm(x))))
