"""The mesh of a `BodyMotion` over time, for films and measurements. Torch."""

from __future__ import annotations

import torch
from torch import Tensor

from vidmotion.body.kinematics import local_rotations
from vidmotion.body.licensed import SmplxSkinning, is_installed
from vidmotion.body.load import FREE_BODY
from vidmotion.body.model import BodyModel
from vidmotion.body.skinning import Skinning
from vidmotion.types import BodyMotion, Floats, Ints

CHUNK = 32
"""Frames that are posed at a time: 32 of 7,000 vertices take 11 MB of blended transforms."""


def skinning_for(model: BodyModel) -> Skinning:
    """How a model is posed: users' own files by smplx where it is installed, all else by ourselves."""
    if model.name != FREE_BODY and is_installed():
        return SmplxSkinning(model)
    return Skinning(model)


class PosedBody:
    """The mesh of a `BodyMotion`, posed a few frames at a time as they are asked for."""

    def __init__(self, model: BodyModel, body: BodyMotion) -> None:
        """Get ready.

        Raises:
            InputError: the motion belongs to another model.
        """
        model.check(body)
        self.faces: Ints = model.faces
        """(F, 3) vertex numbers, anticlockwise seen from outside."""
        self._body = body
        self._skinning = skinning_for(model)
        self._first, self._chunk = -CHUNK, torch.empty(0)

    def __len__(self) -> int:
        return len(self._body)

    def vertices(self, row: int) -> Floats:
        """(V, 3) metres in the world of the person's motion, float32."""
        first = row // CHUNK * CHUNK
        if first != self._first:
            self._first, self._chunk = first, self._pose(slice(first, first + CHUNK))
        return self._chunk[row - first].numpy()

    @torch.no_grad()
    def _pose(self, rows: slice) -> Tensor:
        body = self._body
        rotations = local_rotations(body.pose[rows], len(self._skinning.parents))
        return self._skinning(
            torch.tensor(rotations, dtype=torch.float32),
            torch.tensor(body.betas[None], dtype=torch.float32),
            torch.tensor(body.translation[rows], dtype=torch.float32),
        )[0]
