"""Draws windows of motion capture: random clip, start, speed and frame step. Deterministic by seed and step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.mocap import Mocap


@dataclass(frozen=True)
class WindowShape:
    """How many frames a window holds and how far apart they may lie."""

    frames: int
    stride: int
    """Window positions between one frame and the next; frames * stride never exceeds the network's window."""
    batch: int

    def positions(self, window: int, rng: Generator) -> Tensor:
        """(T,) rising places in 0 .. window-1, `stride` apart from a random start."""
        span = (self.frames - 1) * self.stride + 1
        start = int(torch.randint(0, window - span + 1, (1,), generator=rng, device=rng.device))
        return start + torch.arange(self.frames, device=rng.device) * self.stride


@dataclass(frozen=True, eq=False)
class WindowTimes:
    """WindowTimes (B, T) of clips, each on the way from one frame to the next."""

    before: Tensor
    """(B, T) frames, counted through all clips; likewise `after`."""
    after: Tensor
    share: Tensor
    """(B, T, 1, 1) of the way."""

    def interpolate(self, values: Tensor) -> Tensor:
        """(B, T, J, C) of values (N, J, C) of all frames, in between linearly."""
        return values[self.before] * (1 - self.share) + values[self.after] * self.share


class WindowSampler:
    """Cuts windows out of a `Mocap`; a clip is drawn as often as its length says, unless other weights are given."""

    def __init__(self, mocap: Mocap, device: torch.device) -> None:
        self.joints = mocap.joints.to(device)
        self.offsets = torch.tensor([clip.offset for clip in mocap.clips], device=device)
        self.lengths = torch.tensor([clip.frames for clip in mocap.clips], device=device)

    def choose(self, count: int, rng: Generator, weights: Tensor | None = None) -> Tensor:
        """(count,) numbers of random clips; weights (clips,) default to their lengths."""
        weights = self.lengths.float() if weights is None else weights
        return torch.multinomial(weights, count, replacement=True, generator=rng)

    def draw(self, shape: WindowShape, speed: tuple[float, float], rng: Generator) -> Tensor:
        """(B, T, J, 3) metres, as `cut` of clips that `choose` gives."""
        return self.cut(self.choose(shape.batch, rng), shape, speed, rng)

    def cut(self, clips: Tensor, shape: WindowShape, speed: tuple[float, float], rng: Generator) -> Tensor:
        """A window (B, T, J, 3) in metres of each of the clips (B,), as `moments` has it."""
        return self.times(clips, shape, speed, rng).interpolate(self.joints)

    def times(self, clips: Tensor, shape: WindowShape, speed: tuple[float, float], rng: Generator) -> WindowTimes:
        """The moments of a window of each of the clips (B,), from a random start.

        The speed is a random time warp; where a clip is too short for it, the warp gives way first,
        and the last frame is held where even the slowest does not fit.
        """
        last = (self.lengths[clips] - 1).float()
        low, high = speed
        warp = low * (high / low) ** torch.rand(len(clips), generator=rng, device=rng.device)
        span = (shape.frames - 1) * shape.stride
        warp = torch.minimum(warp, (last / max(span, 1)).clamp_min(low))
        slack = (last - warp * span).clamp_min(0)
        start = slack * torch.rand(len(clips), generator=rng, device=rng.device)
        steps = torch.arange(shape.frames, device=rng.device) * shape.stride
        times = (start[:, None] + warp[:, None] * steps).clamp(max=last[:, None])  # (B, T)
        before = torch.minimum(times.floor(), (last[:, None] - 1).clamp_min(0)).long()
        share = (times - before)[..., None, None]
        index = self.offsets[clips][:, None] + before
        after = torch.minimum(index + 1, (self.offsets + self.lengths - 1)[clips][:, None])
        return WindowTimes(index, after, share)
