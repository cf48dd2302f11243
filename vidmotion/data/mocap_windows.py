"""Draws windows of motion capture: random clip, start and speed. A batch follows from the random generator alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from vidmotion.data.clip_probabilities import clip_probabilities
from vidmotion.data.mocap import Mocap


@dataclass(frozen=True)
class WindowShape:
    """Number of windows in a batch, of frames in a window, and the distance between frames."""

    frames: int
    stride: int
    """Positions in the network's window from one frame to the next; frames * stride must not exceed the window."""
    batch: int

    def positions(self, window: int, rng: Generator) -> Tensor:
        """(T,) positions in 0 .. window - 1, `stride` apart, from a random start."""
        span = (self.frames - 1) * self.stride + 1
        start = int(torch.randint(0, window - span + 1, (1,), generator=rng, device=rng.device))
        return start + torch.arange(self.frames, device=rng.device) * self.stride


@dataclass(frozen=True, eq=False)
class WindowTimes:
    """Times (B, T) in clips, each between a frame and the next."""

    before: Tensor
    """(B, T) the frame before, counted through all clips."""
    after: Tensor
    """(B, T) the frame after."""
    share: Tensor
    """(B, T, 1, 1) in 0..1, position between the two."""

    def interpolate(self, values: Tensor) -> Tensor:
        """(B, T, J, C) values at these times, interpolated linearly from values (N, J, C) of all frames."""
        return values[self.before] * (1 - self.share) + values[self.after] * self.share


class WindowSampler:
    """Cuts windows out of a `Mocap`; rare classes are drawn more often, unless other weights are given."""

    def __init__(self, mocap: Mocap, device: torch.device) -> None:
        self.joints = mocap.joints.to(device)
        self.offsets = torch.tensor([clip.offset for clip in mocap.clips], device=device)
        self.lengths = torch.tensor([clip.frames for clip in mocap.clips], device=device)
        probabilities = clip_probabilities([clip.label for clip in mocap.clips], [clip.frames for clip in mocap.clips])
        self._probabilities = torch.from_numpy(probabilities.astype(np.float32)).to(device)

    def choose(self, count: int, rng: Generator, weights: Tensor | None = None) -> Tensor:
        """(count,) indices of random clips; weights (clips,) are those of `clip_probabilities` by default."""
        weights = self._probabilities if weights is None else weights
        return torch.multinomial(weights, count, replacement=True, generator=rng)

    def draw(self, shape: WindowShape, speed: tuple[float, float], rng: Generator) -> Tensor:
        """(B, T, J, 3) metres, windows of random clips."""
        return self.cut(self.choose(shape.batch, rng), shape, speed, rng)

    def cut(self, clips: Tensor, shape: WindowShape, speed: tuple[float, float], rng: Generator) -> Tensor:
        """(B, T, J, 3) metres, a window of each of the clips (B,), at the times that `times` draws."""
        return self.times(clips, shape, speed, rng).interpolate(self.joints)

    def times(
        self, clips: Tensor, shape: WindowShape, speed: tuple[float, float], rng: Generator, swing: float = 0.0
    ) -> WindowTimes:
        """The times of a window of each of the clips (B,), from a random start.

        Args:
            speed: smallest and largest factor of the speed. In a clip that is too short, the factor is reduced first;
                if the smallest does not fit either, the last frame is repeated.
            swing: share, below 1, by which the speed rises and falls within a window.
        """
        last = (self.lengths[clips] - 1).float()
        low, high = speed
        warp = low * (high / low) ** torch.rand(len(clips), generator=rng, device=rng.device)
        span = (shape.frames - 1) * shape.stride
        warp = torch.minimum(warp, (last / max(span, 1)).clamp_min(low))
        slack = (last - warp * span).clamp_min(0)
        start = slack * torch.rand(len(clips), generator=rng, device=rng.device)
        steps = (torch.arange(shape.frames, device=rng.device) * shape.stride).expand(len(clips), -1)
        if swing:
            steps = _swung(steps, span, swing, rng)
        times = (start[:, None] + warp[:, None] * steps).clamp(max=last[:, None])  # (B, T)
        before = torch.minimum(times.floor(), (last[:, None] - 1).clamp_min(0)).long()
        share = (times - before)[..., None, None]
        index = self.offsets[clips][:, None] + before
        after = torch.minimum(index + 1, (self.offsets + self.lengths - 1)[clips][:, None])
        return WindowTimes(index, after, share)


def _swung(steps: Tensor, span: int, swing: float, rng: Generator) -> Tensor:
    """Times (B, T) within 0 .. span that run up to `swing` faster and slower, in half a wave to two waves of a sine."""
    strength, waves, phase = (
        low + (high - low) * torch.rand(len(steps), 1, generator=rng, device=rng.device)
        for low, high in ((0.0, swing), (0.5, 2.0), (0.0, 2 * torch.pi))
    )
    turn = 2 * torch.pi * waves
    share = steps / max(span, 1)
    return span * (share + strength * ((turn * share + phase).sin() - phase.sin()) / turn).clamp(0, 1)
