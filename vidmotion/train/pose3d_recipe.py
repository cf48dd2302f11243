"""Recipe: lift 2D joints to 3D, from labelled footage with a real detector's points, and from motion capture.

Losses follow MotionBERT (arXiv 2210.06551, eq. 3): MPJPE + N-MPJPE + velocity. In most steps the windows have few
frames far apart, so that the network gets more poses for the same work. In the last share of the steps windows are
dense, as at inference.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.evaluate.metrics import mpjpe
from vidmotion.model.network import POSE3D
from vidmotion.train.batches import Batch, BatchSource
from vidmotion.train.config import Pose3DConfig, RecipeConfig
from vidmotion.train.losses import bone_loss, joint_loss, limb_loss
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import Shapes, TrainingJob, initial_network, job_sources, run_recipe, window_shape

SPARSE = ((27, 1), (27, 2), (27, 4), (27, 9))
DENSE = ((81, 1), (243, 1))
"""(frames, stride) of the windows in the two parts of a run."""


def train_pose3d(job: TrainingJob, config: Pose3DConfig) -> Path:
    """Train an encoder with its head for 3D joints, and write `weights.safetensors` into the run's folder.

    Raises:
        VidmotionError: as `run_recipe` and `initial_network`.
    """
    network = initial_network(job, config)

    def make_loss(device: torch.device) -> _Pose3DLoss:
        return _Pose3DLoss(job_sources(job, config, device), config, network.encoder.config.max_frames, device)

    return run_recipe(job, config, POSE3D, network, (POSE3D,), make_loss)


class _Pose3DLoss:
    """The loss of a step. The sources are used in turn."""

    def __init__(self, data: list[BatchSource], config: Pose3DConfig, window: int, device: torch.device) -> None:
        self.data, self.config, self.window, self.device = data, config, window, device

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        source = self.data[draw.step % len(self.data)]
        batch = draw_batch(source, self.config, draw, self.window, self.device)
        return lifting_loss(network(batch.x, batch.positions, (POSE3D,)).pose3d, batch, self.config)


def draw_batch(
    source: BatchSource, config: RecipeConfig, draw: Draw, window: int, device: torch.device, dense: Shapes = DENSE
) -> Batch:
    """One micro-batch of windows; the same settings and draw give the same batch."""
    shape = window_shape(source.fitting, config, draw, SPARSE, dense, window, device)
    rng = draw.own(config.seed, device)
    items = source.choose(shape.batch, rng, None)
    return source.sample(items, shape, shape.positions(window, rng), rng)


def lifting_loss(predicted: Tensor, batch: Batch, config: Pose3DConfig) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of predicted joints (B, T, 17, 3), and their MPJPE in millimetres for the log.

    Raises:
        ValueError: the batch has no 3D.
    """
    if batch.observed is None:
        raise ValueError("wanted a batch with 3D")
    truth, metres = batch.observed.target, batch.observed.metres
    total = joint_loss(predicted, truth, batch.stride, config.norm_weight, config.velocity_weight)
    if config.bone_weight:
        total = total + config.bone_weight * bone_loss(predicted, truth)
    if config.limb_weight:
        total = total + config.limb_weight * limb_loss(predicted, truth)
    return total, {"mpjpe_mm": 1000 * mpjpe(predicted.detach() * metres, truth * metres).mean()}
