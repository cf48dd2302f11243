"""Bodies measured on held-out footage whose bodies are known: vertices, joints, rotations."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints, Skinning
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.evaluate.metrics import acceleration_error, joint_errors, p_mpjpe, turn_errors
from vidmotion.evaluate.report import ClipErrors
from vidmotion.geometry.rotations_torch import between, from_6d, from_axis_angles, mirror_turns, turn_pelvis
from vidmotion.model.heads import BETAS
from vidmotion.model.network import MotionNetwork
from vidmotion.model.normalization import mirror
from vidmotion.skeletons import SMPL24

Poser = Callable[[Tensor], tuple[Tensor, Tensor]]
"""(B, T, 17, 3) x, y, confidence to rotations (B, T, 24, 3, 3), the pelvis in camera axes, and betas (B, 10)."""

CHUNK = 64
"""Frames that are skinned at once."""
FIGURES = {"mpve": "mm", "mpjpe": "mm", "p_mpjpe": "mm", "acceleration": "mm a frame^2", "turns": "degrees"}
"""What is measured, and its unit; frames at 30 a second."""


def network_poser(network: MotionNetwork, flip: bool = True) -> Poser:
    """A network's mesh head, averaged with the mirrored input unless `flip` is off: half way between the rotations."""

    @torch.inference_mode()
    def run(x: Tensor) -> tuple[Tensor, Tensor]:
        said = network(x, None, ("mesh",)).mesh
        turns, betas = from_6d(said.columns), said.betas
        if flip:
            other = network(mirror(x), None, ("mesh",)).mesh
            turns, betas = between(turns, mirror_turns(from_6d(other.columns))), (betas + other.betas) / 2
        return turns, betas

    return run


def standing(x: Tensor) -> tuple[Tensor, Tensor]:
    """The poser that sees nothing: the mean body, upright with its arms out, facing the camera."""
    turns = torch.eye(3).repeat(*x.shape[:2], len(SMPL24), 1, 1)
    turns[:, :, 0] = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    return turns, torch.zeros(len(x), BETAS)


@torch.inference_mode()
def collect(poser: Poser, footage: FootageSampler, batch: int = 8) -> list[ClipErrors]:
    """Errors of a poser over all people of a store whom the detector saw, pelvis laid on pelvis."""
    body = free_body()
    skin, skeleton = Skinning(body), BodyJoints(body)
    found = []
    for people in footage.batches(batch):
        windows = footage.whole(people)
        framed, _ = observe_footage(windows.rays, windows.score, windows.joints)
        turns, betas = poser(framed.x)
        truth = from_axis_angles(footage.pose[windows.person[:, None], windows.at])
        truth = turn_pelvis(framed.turn, truth)
        for row, person in enumerate(people):
            said, true = (turns[row], betas[row]), (truth[row], footage.betas[person])
            found.append(_errors(said, true, skin, skeleton, footage.clips[person], footage.labels[person]))
    return found


Body = tuple[Tensor, Tensor]


def _errors(said: Body, true: Body, skin: Skinning, skeleton: BodyJoints, clip: int, label: str) -> ClipErrors:
    joints = [skeleton(turns, betas.expand(len(turns), -1)) for turns, betas in (said, true)]
    errors = joint_errors(*joints)
    frames = {
        "mpve": 1000 * torch.cat([_vertex_errors(said, true, skin, part) for part in _parts(len(said[0]))]),
        "mpjpe": 1000 * errors.mean(-1),
        "p_mpjpe": 1000 * p_mpjpe(*joints),
        "acceleration": 1000 * acceleration_error(*joints),
        "turns": torch.rad2deg(turn_errors(said[0], true[0])).mean(-1),
    }
    return ClipErrors(clip, label, frames, 1000 * errors)


def _parts(frames: int) -> list[slice]:
    return [slice(start, start + CHUNK) for start in range(0, frames, CHUNK)]


def _vertex_errors(said: Body, true: Body, skin: Skinning, part: slice) -> Tensor:
    """(T,) metres, mean over the vertices, the pelvises laid together."""
    placed = []
    for turns, betas in (said, true):
        vertices, joints = skin(turns[part], betas[None], torch.zeros(len(turns[part]), 3))
        placed.append(vertices - joints[:, :1])
    return (placed[0] - placed[1]).norm(dim=-1).mean(-1)
