"""Errors of predicted bodies on held-out footage whose bodies are known: vertices, joints, rotations."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints, Skinning
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.evaluate.metrics import acceleration_error, joint_errors, p_mpjpe, rotation_errors
from vidmotion.evaluate.report import ClipErrors
from vidmotion.geometry.rotations_torch import (
    axis_angle_to_matrix,
    mean_rotation,
    mirror_rotations,
    rotate_pelvis,
    rotation_6d_to_matrix,
)
from vidmotion.model.head_set import HeadSet
from vidmotion.model.heads import BETAS
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import SMPL24

Poser = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(B, T, 17, 3) x, y, confidence to rotations (B, T, 24, 3, 3), the pelvis in camera axes, and betas (B, 10)."""

CHUNK = 64
"""Frames that are skinned at once."""
METRICS = {"mpve": "mm", "mpjpe": "mm", "p_mpjpe": "mm", "acceleration": "mm a frame^2", "rotations": "degrees"}
"""The metrics and their units; 30 frames a second."""


def network_poser(network: MotionNetwork, flip: bool = True) -> Poser:
    """A network's mesh head as a poser; with `flip`, the mean of the plain and the mirrored pass."""
    head_set = HeadSet([network])

    @torch.inference_mode()
    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        bodies = [each.mesh for each in head_set.run(x, ("mesh",), flip) if each.mesh is not None]
        rotations, betas = rotation_6d_to_matrix(bodies[0].columns), bodies[0].betas
        if flip:
            mirrored = mirror_rotations(rotation_6d_to_matrix(bodies[1].columns))
            rotations, betas = mean_rotation(rotations, mirrored), (betas + bodies[1].betas) / 2
        return rotations, betas

    return run


def mean_body(x: Tensor) -> tuple[Tensor, Tensor]:
    """The baseline poser, which ignores its input: the mean body, upright with its arms out, facing the camera."""
    rotations = torch.eye(3).repeat(*x.shape[:2], len(SMPL24), 1, 1)
    rotations[:, :, 0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    return rotations, torch.zeros(len(x), BETAS)


@torch.inference_mode()
def collect(poser: Poser, footage: FootageSampler, batch: int = 8) -> list[ClipErrors]:
    """Errors of a poser over all people of a store whom the detector saw, with the pelvises aligned."""
    body = free_body()
    skin, skeleton = Skinning(body), BodyJoints(body)
    found = []
    for people in footage.batches(batch):
        windows = footage.all_frames(people)
        normalized, _ = observe_footage(windows.rays, windows.score, windows.joints)
        rotations, betas = poser(normalized.x)
        truth = axis_angle_to_matrix(footage.pose[windows.person[:, None], windows.at])
        truth = rotate_pelvis(normalized.rotation, truth)
        for row, person in enumerate(people):
            predicted, true = (rotations[row], betas[row]), (truth[row], footage.betas[person])
            found.append(_errors(predicted, true, skin, skeleton, footage.clips[person], footage.labels[person]))
    return found


Body = tuple[Tensor, Tensor]
"""Rotations (T, 24, 3, 3) and betas (10,)."""


def _errors(predicted: Body, true: Body, skin: Skinning, skeleton: BodyJoints, clip: int, label: str) -> ClipErrors:
    joints = [skeleton(rotations, betas.expand(len(rotations), -1)) for rotations, betas in (predicted, true)]
    errors = joint_errors(*joints)
    frames = {
        "mpve": 1000 * torch.cat([_vertex_errors(predicted, true, skin, part) for part in _parts(len(joints[0]))]),
        "mpjpe": 1000 * errors.mean(-1),
        "p_mpjpe": 1000 * p_mpjpe(*joints),
        "acceleration": 1000 * acceleration_error(*joints),
        "rotations": torch.rad2deg(rotation_errors(predicted[0], true[0])).mean(-1),
    }
    return ClipErrors(clip, label, frames, 1000 * errors)


def _parts(frames: int) -> list[slice]:
    return [slice(start, start + CHUNK) for start in range(0, frames, CHUNK)]


def _vertex_errors(predicted: Body, true: Body, skin: Skinning, part: slice) -> Tensor:
    """(T,) metres, mean over the vertices, with the pelvises aligned."""
    rooted = []
    for rotations, betas in (predicted, true):
        vertices, joints = skin(rotations[part], betas[None], torch.zeros(len(rotations[part]), 3))
        rooted.append(vertices - joints[:, :1])
    return (rooted[0] - rooted[1]).norm(dim=-1).mean(-1)
