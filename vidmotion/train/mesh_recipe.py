"""Recipe: the pose and shape of a body, from the encoder's representation.

Source: MotionBERT (arXiv 2210.06551, section 3.4 and its public recipe): joints, their velocities, rotations and shape.
The data is footage, whose bodies are known, and motion capture with rotations, which free bodies act.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints
from vidmotion.data.store import is_store, read_settings
from vidmotion.errors import InputError
from vidmotion.geometry.rotations_torch import from_6d
from vidmotion.model.heads import BodyPose, HeadConfig
from vidmotion.train.batches import Batch, BodyTruth, Source
from vidmotion.train.config import MeshConfig
from vidmotion.train.encodings import Encodings
from vidmotion.train.losses import velocity_loss
from vidmotion.train.mocap_source import BodySource
from vidmotion.train.pose3d_recipe import SPARSE, draw_batch
from vidmotion.train.random_draws import Draw
from vidmotion.train.run import Job, begin, run_recipe, sources


def train_mesh(job: Job, config: MeshConfig) -> Path:
    """Train a head for meshes and write `weights.safetensors` into the run's folder.

    Raises:
        InputError: footage of another body than the free one, or motion capture without rotations.
        VidmotionError: as `run_recipe` and `begin`.
    """
    model = free_body()
    for folder in job.data:
        if is_store(folder) and read_settings(folder).body != model.name:
            raise InputError(f"{folder} holds footage of another body than {model.name}, which alone is learned")
    head = HeadConfig("mesh", config.hidden, body=model.name, dropout=0.1)
    network = begin(job, config, (head,))

    def lessons(device: torch.device) -> _Lessons:
        window = network.encoder.config.max_frames
        return _Lessons(sources(job, config, device, BodySource), BodyJoints(model).to(device), config, window, device)

    return run_recipe(job, config, "mesh", network, ("mesh",), lessons)


class _Lessons:
    """The loss of a step: the sources take turns."""

    def __init__(
        self, data: list[Source], joints: BodyJoints, config: MeshConfig, window: int, device: torch.device
    ) -> None:
        self.data, self.joints, self.config, self.window, self.device = data, joints, config, window, device
        self.encodings = Encodings(config)

    def __call__(self, network: nn.Module, draw: Draw) -> tuple[Tensor, dict[str, Tensor]]:
        draw = self.encodings.draw(draw)
        # Dense windows are few in a batch, too few for the normalisation of the shape's layer.
        source = self.data[draw.step % len(self.data)]
        batch = draw_batch(source, self.config, draw, self.window, self.device, dense=SPARSE)
        said = self.encodings.read(network, draw, batch.x, batch.positions, ("mesh",)).mesh
        assert said is not None  # it was asked for
        return mesh_loss(said, batch, self.joints, self.config)


def mesh_loss(said: BodyPose, batch: Batch, joints: BodyJoints, config: MeshConfig) -> tuple[Tensor, dict[str, Tensor]]:
    """The weighted sum of errors, and the MPJPE in millimetres for the log.

    Raises:
        ValueError: the batch has no bodies.
    """
    if batch.body is None or batch.view is None:
        raise ValueError("wanted a batch with bodies")
    turns = from_6d(said.columns)
    predicted = _rooted(_joints(turns, said.betas, joints))
    truth = _rooted(batch.view.target * batch.view.metres)
    position = (predicted - truth).norm(dim=-1).mean()
    columns = said.columns.unflatten(-1, (2, 3)).norm(dim=-1)  # type: ignore[no-untyped-call]
    total = (
        config.joint_weight * position
        + config.velocity_weight * velocity_loss(predicted, truth, batch.stride)
        + config.pose_weight * (turns - batch.body.turns).abs().mean()
        + config.shape_weight * (said.betas - batch.body.betas).abs().mean()
        + config.norm_weight * (columns - 1).abs().mean()
    )
    return total, {"mpjpe_mm": 1000 * position.detach(), "turns": _degrees(turns.detach(), batch.body)}


def _joints(turns: Tensor, betas: Tensor, joints: BodyJoints) -> Tensor:
    """(B, T, 17, 3) metres of rotations (B, T, 24, 3, 3) and shapes (B, 10)."""
    b, t = turns.shape[:2]
    return joints(turns.flatten(0, 1), betas.repeat_interleave(t, 0)).view(b, t, -1, 3)


def _rooted(points: Tensor) -> Tensor:
    return points - points[:, :, :1]


def _degrees(turns: Tensor, body: BodyTruth) -> Tensor:
    """Mean angle between predicted and true rotations."""
    trace = (turns * body.turns).sum((-1, -2))
    return torch.rad2deg(((trace - 1) / 2).clamp(-1, 1).acos()).mean()
