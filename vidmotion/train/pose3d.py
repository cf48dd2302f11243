"""Recipe: lift noisy 2D joints to 3D, from motion capture and random cameras.

Losses follow MotionBERT (arXiv 2210.06551, eq. 3): MPJPE + N-MPJPE + velocity. Most steps see few frames
far apart, which shows the network more poses for the same work; the last share of the steps sees dense
windows, as inference does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import View, corrupt, mirror, observe, random_cameras, vary_bones
from vidmotion.data.windows import WindowSampler, WindowShape
from vidmotion.evaluate.metrics import mpjpe, n_mpjpe
from vidmotion.train.config import Pose3DConfig

SPARSE = ((27, 1), (27, 2), (27, 4), (27, 9))
DENSE = ((81, 1), (243, 1))
"""(frames, stride) of the windows in the two parts of a run."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Input and truth of one step; letters as in `vidmotion.data.augment`."""

    x: Tensor
    """(B, T, J, 3) x, y, confidence."""
    view: View
    positions: Tensor
    """(T,) places in the network's window."""
    stride: int


def draw_batch(sampler: WindowSampler, config: Pose3DConfig, step: int, window: int, device: torch.device) -> Batch:
    """The batch of one step: the same for the same config and step."""
    rng = Generator(device).manual_seed(config.seed * 1_000_003 + step)
    shapes = DENSE if step >= config.steps * (1 - config.decay) else SPARSE
    choice = int(torch.randint(len(shapes), (1,), generator=rng, device=device))
    frames, stride = min(shapes[choice][0], window), shapes[choice][1]
    shape = WindowShape(frames, min(stride, (window - 1) // max(frames - 1, 1)), max(1, config.frames // frames))
    positions = shape.positions(window, rng)
    joints = vary_bones(sampler.draw(shape, config.speed, rng), rng)
    if torch.rand((), generator=rng, device=device) < 0.5:
        joints = mirror(joints)
    view = observe(random_cameras(joints, config.camera, rng))
    return Batch(corrupt(view.clean, positions, window, config.noise, rng), view, positions, shape.stride)


def loss(predicted: Tensor, batch: Batch, config: Pose3DConfig) -> tuple[Tensor, Tensor]:
    """The loss, and the MPJPE in metres for the log."""
    truth = batch.view.target
    position = (predicted - truth).norm(dim=-1).mean()
    scale_free = n_mpjpe(predicted, truth).mean()
    velocity = (predicted.diff(dim=1) - truth.diff(dim=1)).norm(dim=-1).mean() / batch.stride
    total = position + config.norm_weight * scale_free + config.velocity_weight * velocity
    metres = batch.view.metres
    return total, mpjpe((predicted * metres).detach(), truth * metres).mean()


