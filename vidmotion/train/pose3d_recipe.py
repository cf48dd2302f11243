"""Recipe: lift 2D joints to 3D, from labelled footage with a real detector's points, and from motion capture.

Losses follow MotionBERT (arXiv 2210.06551, eq. 3): MPJPE + N-MPJPE + velocity. Most steps see few frames
far apart, which shows the network more poses for the same work; the last share of the steps sees dense
windows, as inference does.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.evaluate.metrics import mpjpe
from vidmotion.model.network import POSE3D
from vidmotion.train.batches import Batch, Source
from vidmotion.train.config import Pose3DConfig, RecipeConfig
from vidmotion.train.losses import joint_loss
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import Job, Shapes, begin, run_recipe, sources, window_shape

SPARSE = ((27, 1), (27, 2), (27, 4), (27, 9))
DENSE = ((81, 1), (243, 1))
"""(frames, stride) of the windows in the two parts of a run."""


def train_pose3d(job: Job, config: Pose3DConfig) -> Path:
    """Train a lifter and write `weights.safetensors` into the run's folder.

    Raises:
        VidmotionError: as `run_recipe` and `begin`.
    """
    network = begin(job, config)

    def lessons(device: torch.device) -> _Lessons:
        return _Lessons(sources(job, config, device), config, network.encoder.config.max_frames, device)

    return run_recipe(job, config, POSE3D, network, (POSE3D,), lessons)


class _Lessons:
    """The loss of a step: the sources take turns."""

    def __init__(self, data: list[Source], config: Pose3DConfig, window: int, device: torch.device) -> None:
        self.data, self.config, self.window, self.device = data, config, window, device

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        source = self.data[draw.step % len(self.data)]
        batch = draw_batch(source, self.config, draw, self.window, self.device)
        return lifting_loss(network(batch.x, batch.positions, (POSE3D,)).pose3d, batch, self.config)


def draw_batch(
    source: Source, config: RecipeConfig, draw: Draw, window: int, device: torch.device, dense: Shapes = DENSE
) -> Batch:
    """One micro-batch of windows with exact 3D: the same for the same settings and draw."""
    shape = window_shape(source.fitting, config, draw, SPARSE, dense, window, device)
    rng = draw.own(config.seed, device)
    items = source.choose(shape.batch, rng, None)
    return source.see(items, shape, shape.positions(window, rng), rng)


def lifting_loss(predicted: Tensor, batch: Batch, config: Pose3DConfig) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of predicted joints (B, T, 17, 3), and their MPJPE in millimetres for the log.

    Raises:
        ValueError: the batch has no 3D.
    """
    if batch.view is None:
        raise ValueError("wanted a batch with 3D")
    truth, metres = batch.view.target, batch.view.metres
    total = joint_loss(predicted, truth, batch.stride, config.norm_weight, config.velocity_weight)
    return total, {"mpjpe_mm": 1000 * mpjpe(predicted.detach() * metres, truth * metres).mean()}
