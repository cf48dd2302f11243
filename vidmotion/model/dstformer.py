"""DSTformer: from 2D joints over time to a motion representation, and by a linear head to 3D joints.

Source: "MotionBERT: A Unified Perspective on Learning Human Motion Representations" (ICCV 2023,
arXiv 2210.06551), section 3.2. Parameter names are those of the official checkpoints.

Letters: B batch, T frames, J joints, C channels. Does not depend on videos, pixels or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGEST = {"dim": 8192, "rep": 8192, "depth": 64, "heads": 8192, "joints": 256, "max_frames": 4096}
"""Sizes far beyond those of any published network; larger ones are those of damaged files."""


@dataclass(frozen=True)
class DSTformerConfig:
    """Sizes of a DSTformer; the defaults are the paper's `base`."""

    dim: int = 512
    rep: int = 512
    depth: int = 5
    heads: int = 8
    mlp_ratio: float = 2.0
    joints: int = 17
    max_frames: int = 243

    def __post_init__(self) -> None:
        for name, most in LARGEST.items():
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= most:
                raise ValueError(f"{name}: wanted a number from 1 to {most}, received {str(value)[:40]}")
        if type(self.mlp_ratio) not in (int, float) or not 1 <= self.dim * self.mlp_ratio <= LARGEST["dim"]:
            raise ValueError(f"mlp_ratio does not fit dim {self.dim}, received {str(self.mlp_ratio)[:40]}")
        if self.dim % self.heads:
            raise ValueError(f"dim {self.dim} is not a multiple of heads {self.heads}")


PRESETS = {
    "tiny": DSTformerConfig(dim=64, rep=64, depth=2, heads=4),
    "small": DSTformerConfig(dim=128, rep=128, depth=4),
    "deep": DSTformerConfig(dim=128, rep=128, depth=8),
    "medium": DSTformerConfig(dim=192, rep=192, mlp_ratio=3.0),
    "lite": DSTformerConfig(dim=256, mlp_ratio=4.0),
    "base": DSTformerConfig(),
}


class Attention(nn.Module):
    """Multi-head self-attention over the second to last axis."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, L, C) to (N, L, C)."""
        n, length, dim = x.shape
        qkv = self.qkv(x).view(n, length, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (N, heads, L, C / heads)
        x = F.scaled_dot_product_attention(q, k, v)
        return self.proj(x.transpose(1, 2).reshape(n, length, dim))


class MLP(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """Spatial and temporal attention, each with its MLP; `order` "st" or "ts" says which comes first."""

    def __init__(self, config: DSTformerConfig, order: str) -> None:
        super().__init__()
        self.order = order
        hidden = int(config.dim * config.mlp_ratio)
        for kind in "st":
            self.add_module(f"norm1_{kind}", nn.LayerNorm(config.dim, eps=1e-6))
            self.add_module(f"attn_{kind}", Attention(config.dim, config.heads))
            self.add_module(f"norm2_{kind}", nn.LayerNorm(config.dim, eps=1e-6))
            self.add_module(f"mlp_{kind}", MLP(config.dim, hidden))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, J, C) to (B, T, J, C)."""
        for kind in self.order:
            x = x + self._attend(kind, x)
            x = x + self.get_submodule(f"mlp_{kind}")(self.get_submodule(f"norm2_{kind}")(x))
        return x

    def _attend(self, kind: str, x: Tensor) -> Tensor:
        norm, attn = self.get_submodule(f"norm1_{kind}"), self.get_submodule(f"attn_{kind}")
        b, t, j, c = x.shape
        if kind == "s":
            return attn(norm(x).view(b * t, j, c)).view(b, t, j, c)
        x = norm(x).transpose(1, 2).reshape(b * j, t, c)
        return attn(x).view(b, j, t, c).transpose(1, 2)


class DSTformer(nn.Module):
    """Dual-stream spatio-temporal transformer."""

    def __init__(self, config: DSTformerConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.joints_embed = nn.Linear(3, dim)
        self.pos_embed = nn.Parameter(torch.zeros(1, config.joints, dim))
        self.temp_embed = nn.Parameter(torch.zeros(1, config.max_frames, 1, dim))
        self.blocks_st = nn.ModuleList(Block(config, "st") for _ in range(config.depth))
        self.blocks_ts = nn.ModuleList(Block(config, "ts") for _ in range(config.depth))
        self.ts_attn = nn.ModuleList(nn.Linear(2 * dim, 2) for _ in range(config.depth))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pre_logits = nn.Sequential()
        self.pre_logits.add_module("fc", nn.Linear(dim, config.rep))
        self.pre_logits.add_module("act", nn.Tanh())
        self.head = nn.Linear(config.rep, 3)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        for embedding in (self.pos_embed, self.temp_embed):
            nn.init.trunc_normal_(embedding, std=0.02)
        for fusion in self.ts_attn.parameters():
            nn.init.constant_(fusion, 0.0 if fusion.ndim == 2 else 0.5)

    def represent(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """The motion representation that every head reads.

        Args:
            x: (B, T, J, 3) x, y, confidence; x and y normalised to about [-1, 1], y down.
            positions: (T,) position of each frame in the window, default 0 .. T-1.

        Returns:
            (B, T, J, C_rep) in [-1, 1].
        """
        frames = x.shape[1]
        if frames > self.config.max_frames:
            raise ValueError(f"wanted at most {self.config.max_frames} frames, received {frames}")
        times = self.temp_embed[:, :frames] if positions is None else self.temp_embed[:, positions]
        x = self.joints_embed(x) + self.pos_embed + times
        for st, ts, fusion in zip(self.blocks_st, self.blocks_ts, self.ts_attn, strict=True):
            x_st, x_ts = st(x), ts(x)
            share = fusion(torch.cat([x_st, x_ts], dim=-1)).softmax(dim=-1)
            x = x_st * share[..., :1] + x_ts * share[..., 1:]
        return self.pre_logits(self.norm(x))

    def forward(self, x: Tensor, positions: Tensor | None = None) -> Tensor:
        """3D joints (B, T, J, 3) in the units of the input, x right, y down, z away from the camera."""
        return self.head(self.represent(x, positions))
