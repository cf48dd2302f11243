"""Draws windows of 2D points without 3D from a packed folder; on batches, in torch. Stub until importers land."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Generator, Tensor

from vidmotion.data.windows import WindowShape


def holds_points(folder: Path) -> bool:
    return False


class PointsSampler:
    def __init__(self, folder: Path, device: torch.device) -> None: ...
    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        return frames, stride

    def draw(self, shape: WindowShape, rng: Generator) -> tuple[Tensor, Tensor]:
        raise NotImplementedError
