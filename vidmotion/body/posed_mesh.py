"""The mesh of a `BodyMotion` over time, for rendering and measurements. Torch.

Fingers bend if they are in the motion and the model has joints for them: the free body, SMPL-H and SMPL-X do.
"""

from __future__ import annotations

import torch
from torch import Tensor

from vidmotion.body.finger_pose import FingerPoser, full_pose
from vidmotion.body.kinematics import local_rotations
from vidmotion.body.load import FREE_BODY, with_finger_joints
from vidmotion.body.model import BodyModel
from vidmotion.body.skinning import Skinning
from vidmotion.body.smplx_skinning import SmplxSkinning, smplx_is_installed
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.types import BodyMotion, Floats, Ints

CHUNK = 32
"""Frames that are posed at once: 32 frames of 7,000 vertices need 11 MB of blended transforms."""


def skinning_for(model: BodyModel) -> Skinning:
    """The module that poses a model: smplx for users' own files if it is installed, otherwise `Skinning`."""
    if model.name != FREE_BODY and smplx_is_installed():
        return SmplxSkinning(model)
    return Skinning(model)


class PosedMesh:
    """The mesh of a `BodyMotion`. It is posed on request, a few frames at a time."""

    def __init__(self, model: BodyModel, body: BodyMotion) -> None:
        """Check that model and motion belong together.

        Raises:
            InputError: the motion was made with another model.
        """
        model.check_motion(body)
        self.faces: Ints = model.faces
        """(F, 3) vertex indices, counterclockwise when seen from outside."""
        self._body = body
        self._model = model if body.fingers is None else with_finger_joints(model)
        self._skinning = skinning_for(self._model)
        has_fingers = body.fingers is not None and self._model.first_finger is not None
        self._fingers = FingerPoser(self._model, self._model.shape(body.betas)) if has_fingers else None
        self._first, self._chunk = -CHUNK, torch.empty(0)

    def __len__(self) -> int:
        return len(self._body)

    def vertices(self, row: int) -> Floats:
        """(V, 3) metres in the world of the person's motion, float32.

        Args:
            row: frame of the motion, from 0.
        """
        first = row // CHUNK * CHUNK
        if first != self._first:
            self._first, self._chunk = first, self._pose(slice(first, first + CHUNK))
        return self._chunk[row - first].numpy()

    @torch.no_grad()
    def _pose(self, rows: slice) -> Tensor:
        body = self._body
        return self._skinning(
            torch.tensor(self._rotations(rows), dtype=torch.float32),
            torch.tensor(body.betas[None], dtype=torch.float32),
            torch.tensor(body.translation[rows], dtype=torch.float32),
        )[0]

    def _rotations(self, rows: slice) -> Floats:
        """(N, J, 3, 3) of each joint in the frame of its parent."""
        pose, fingers = self._body.pose[rows], self._body.fingers
        if self._fingers is None or fingers is None:
            return local_rotations(pose, len(self._model.parents))
        return axis_angle_to_matrix(full_pose(self._model, pose, self._fingers.pose(fingers[rows])))
