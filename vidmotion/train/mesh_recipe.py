"""Recipe: the pose and shape of a body, from the encoder's representation.

Source: MotionBERT (arXiv 2210.06551, section 3.4 and its public recipe): joints, their velocities, rotations and shape.
The data is footage, whose bodies are known, and motion capture with rotations, on free bodies of random shape.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints
from vidmotion.data.store import is_store, read_settings
from vidmotion.errors import InputError
from vidmotion.geometry.rotations_torch import rotation_6d_to_matrix
from vidmotion.model.heads import BodyPose, HeadConfig
from vidmotion.train.batches import Batch, BatchSource, BodyLabels
from vidmotion.train.config import MeshConfig
from vidmotion.train.encodings import Encodings
from vidmotion.train.losses import velocity_loss
from vidmotion.train.mocap_source import BodySource
from vidmotion.train.pose3d_recipe import SPARSE, draw_batch
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import TrainingJob, initial_network, job_sources, run_recipe


def train_mesh(job: TrainingJob, config: MeshConfig) -> Path:
    """Train a head for meshes and write `weights.safetensors` into the run's folder.

    Raises:
        InputError: footage of another body than the free one, or motion capture without rotations.
        VidmotionError: as `run_recipe` and `initial_network`.
    """
    model = free_body()
    for folder in job.data:
        if is_store(folder) and read_settings(folder).body != model.name:
            raise InputError(
                f"{folder} holds footage of another body than {model.name}; mesh heads are trained on that body only"
            )
    head = HeadConfig("mesh", config.hidden, body=model.name, dropout=0.1)
    network = initial_network(job, config, (head,))

    def make_loss(device: torch.device) -> _MeshLoss:
        data, joints = job_sources(job, config, device, BodySource), BodyJoints(model).to(device)
        return _MeshLoss(data, joints, config, network.encoder.config.max_frames, device)

    return run_recipe(job, config, "mesh", network, ("mesh",), make_loss)


class _MeshLoss:
    """The loss of a step. The sources are used in turn."""

    def __init__(
        self, data: list[BatchSource], joints: BodyJoints, config: MeshConfig, window: int, device: torch.device
    ) -> None:
        self.data, self.joints, self.config, self.window, self.device = data, joints, config, window, device
        self.encodings = Encodings(config)

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        draw = self.encodings.draw(draw)
        # A batch holds few dense windows, too few for the normalisation of the shape's layer.
        source = self.data[draw.step % len(self.data)]
        batch = draw_batch(source, self.config, draw, self.window, self.device, dense=SPARSE)
        predicted = self.encodings.run(network, draw, batch.x, batch.positions, ("mesh",)).mesh
        assert predicted is not None  # it was asked for
        return mesh_loss(predicted, batch, self.joints, self.config)


def mesh_loss(
    predicted: BodyPose, batch: Batch, joints: BodyJoints, config: MeshConfig
) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of errors, and the MPJPE in millimetres for the log.

    Raises:
        ValueError: the batch has no bodies.
    """
    if batch.body is None or batch.observed is None:
        raise ValueError("wanted a batch with bodies")
    rotations = rotation_6d_to_matrix(predicted.columns)
    points = _rooted(_joints(rotations, predicted.betas, joints))
    truth = _rooted(batch.observed.target * batch.observed.metres)
    position = (points - truth).norm(dim=-1).mean()
    columns = predicted.columns.unflatten(-1, (2, 3)).norm(dim=-1)  # type: ignore[no-untyped-call]
    total = (
        config.joint_weight * position
        + config.velocity_weight * velocity_loss(points, truth, batch.stride)
        + config.pose_weight * (rotations - batch.body.rotations).abs().mean()
        + config.shape_weight * (predicted.betas - batch.body.betas).abs().mean()
        + config.norm_weight * (columns - 1).abs().mean()
    )
    return total, {"mpjpe_mm": 1000 * position.detach(), "degrees": _degrees(rotations.detach(), batch.body)}


def _joints(rotations: Tensor, betas: Tensor, joints: BodyJoints) -> Tensor:
    """(B, T, 17, 3) metres of rotations (B, T, 24, 3, 3) and shapes (B, 10)."""
    b, t = rotations.shape[:2]
    return joints(rotations.flatten(0, 1), betas.repeat_interleave(t, 0)).view(b, t, -1, 3)


def _rooted(points: Tensor) -> Tensor:
    return points - points[:, :, :1]


def _degrees(rotations: Tensor, body: BodyLabels) -> Tensor:
    """Mean angle between predicted and true rotations."""
    trace = (rotations * body.rotations).sum((-1, -2))
    return torch.rad2deg(((trace - 1) / 2).clamp(-1, 1).acos()).mean()
