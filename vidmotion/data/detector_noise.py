"""Detector noise taken from footage: the errors that a real detector made on one motion, applied to similar motions.

A detector's errors depend on the pose: along limbs, behind the body, left confused with right. Independent draws for
each joint cannot reproduce that (benchmarks/LOG.md), so whole segments of errors are copied from people in a similar
pose.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from vidmotion.data.footage_windows import FootageWindows
from vidmotion.model.normalization import mirror, project

MAX_SEGMENT = 40
"""Longest segment of errors, in frames, that is copied from one person: later the poses differ too much."""
NEAREST_POSES = 20
"""Number of nearest poses of which one is drawn."""


class ErrorBank:
    """A detector's errors and scores for some people and their mirror images, found by the people's exact poses."""

    def __init__(self, windows: FootageWindows) -> None:
        exact, score = project(windows.joints), windows.score
        size = _size(exact)
        errors = torch.where(score[..., None] > 0, (windows.rays - exact) / size[..., None, None], 0.0)
        output = torch.cat([errors, score[..., None]], -1)
        self._output = torch.cat([output, mirror(output)])  # (people, frames, 17, 3)
        self._poses = torch.cat([_shape(each, size).flatten(0, 1) for each in (exact, mirror(exact))])
        self._length = exact.shape[1]

    def sample(self, rays: Tensor, stride: int, rng: Generator) -> tuple[Tensor, Tensor]:
        """Simulated detector output for exact 2D.

        Args:
            rays: (B, T, 17, 2) points of the plane z = 1.
            stride: frames of the video from one frame of the windows to the next.

        Returns:
            rays (B, T, 17, 2) and scores (B, T, 17); a score of 0 means that the point is missing.
        """
        parts = torch.split(rays, max(1, MAX_SEGMENT // stride), dim=1)
        output = torch.cat([self._sample_segment(part, stride, rng) for part in parts], 1)
        return rays + output[..., :2] * _size(rays)[..., None, None], output[..., 2]

    def _sample_segment(self, rays: Tensor, stride: int, rng: Generator) -> Tensor:
        """(B, T, 17, 3) errors, in units of the body's size, and scores, of people whose middle frame is similar."""
        batch, frames = rays.shape[:2]
        middle = rays[:, frames // 2]
        near = torch.cdist(_shape(middle, _size(middle)), self._poses).topk(
            min(NEAREST_POSES, len(self._poses)), largest=False
        )
        pick = torch.randint(near.indices.shape[1], (batch, 1), generator=rng, device=rng.device)
        found = near.indices.gather(1, pick)  # (B, 1)
        offset = (torch.arange(frames, device=rays.device) - frames // 2) * stride
        return self._output[found // self._length, self._fold(found % self._length + offset)]

    def _fold(self, at: Tensor) -> Tensor:
        """Frame indices, reflected into the length of a clip."""
        last = self._length - 1
        at = at.abs() % max(2 * last, 1)
        return torch.minimum(at, 2 * last - at)


def _size(rays: Tensor) -> Tensor:
    """(...) half the longer side of the box around points (..., 17, 2)."""
    return (rays.amax(-2) - rays.amin(-2)).amax(-1).clamp_min(1e-6) / 2


def _shape(rays: Tensor, size: Tensor) -> Tensor:
    """(..., 34) points relative to the root, in units of the body's size (...)."""
    return ((rays - rays[..., :1, :]) / size[..., None, None]).flatten(-2)
