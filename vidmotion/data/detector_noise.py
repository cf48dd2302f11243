"""Errors that a real detector made on footage, to be made again on other motions that look alike.

A detector is wrong in its own way about each pose: along limbs, behind the body, left for right. Draws for each joint
cannot do that (benchmarks/LOG.md), so whole stretches of errors are borrowed from people who were seen in a like pose.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vidmotion.data.footage_windows import FootageWindows
from vidmotion.model.normalization import mirror, project

MAX_SEGMENT = 40
"""Frames for which one person's errors are borrowed at most: poses part ways."""
NEAREST_POSES = 20
"""The nearest poses, among which one is drawn."""


class ErrorBank:
    """All that a detector output of some people and of their mirror images, beside the truth."""

    def __init__(self, windows: FootageWindows) -> None:
        exact, score = project(windows.joints), windows.score
        size = _size(exact)
        errors = torch.where(score[..., None] > 0, (windows.rays - exact) / size[..., None, None], 0.0)
        output = torch.cat([errors, score[..., None]], -1)
        self._output = torch.cat([output, mirror(output)])  # (people, frames, 17, 3)
        self._poses = torch.cat([_shape(each, size).flatten(0, 1) for each in (exact, mirror(exact))])
        self._length = exact.shape[1]

    def sample(self, rays: Tensor, stride: int, rng: Generator) -> tuple[Tensor, Tensor]:
        """What the detector might have output of exact 2D.

        Args:
            rays: (B, T, 17, 2) points of the plane z = 1.
            stride: frames of the video from one frame of the windows to the next.

        Returns:
            Rays (B, T, 17, 2) and scores (B, T, 17); 0 where a point is missing.
        """
        parts = torch.split(rays, max(1, MAX_SEGMENT // stride), dim=1)
        output = torch.cat([self._sample_segment(part, stride, rng) for part in parts], 1)
        return rays + output[..., :2] * _size(rays)[..., None, None], output[..., 2]

    def _sample_segment(self, rays: Tensor, stride: int, rng: Generator) -> Tensor:
        """(B, T, 17, 3) errors, in sizes of the body, and scores of who is in a like pose half way through."""
        batch, frames = rays.shape[:2]
        middle = rays[:, frames // 2]
        near = torch.cdist(_shape(middle, _size(middle)), self._poses).topk(
            min(NEAREST_POSES, len(self._poses)), largest=False
        )
        pick = torch.randint(near.indices.shape[1], (batch, 1), generator=rng, device=rng.device)
        found = near.indices.gather(1, pick)  # (B, 1)
        away = (torch.arange(frames, device=rays.device) - frames // 2) * stride
        return self._output[found // self._length, self._fold(found % self._length + away)]

    def _fold(self, at: Tensor) -> Tensor:
        """Frames before the first and after the last run backwards."""
        last = self._length - 1
        at = at.abs() % max(2 * last, 1)
        return torch.minimum(at, 2 * last - at)


def _size(rays: Tensor) -> Tensor:
    """(...) half the longer side of the box around points (..., 17, 2)."""
    return (rays.amax(-2) - rays.amin(-2)).amax(-1).clamp_min(1e-6) / 2


def _shape(rays: Tensor, size: Tensor) -> Tensor:
    """(..., 34) points from the root on, in sizes of the body."""
    return ((rays - rays[..., :1, :]) / size[..., None, None]).flatten(-2)
