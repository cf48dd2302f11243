"""Poses body models by batched linear blend skinning, in torch (Loper et al. 2015, equations 2 to 10)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidmotion.body.kinematics import local_rotations
from vidmotion.body.model import BodyModel
from vidmotion.types import BodyMotion, Floats, Ints

CHUNK = 32
"""Frames that are posed at a time: 32 of 7,000 vertices take 11 MB of blended transforms."""


class Skinning(nn.Module):
    """A body model on a device. B bodies, J joints, V vertices, S betas; float32."""

    template: Tensor
    shape_directions: Tensor
    regressor: Tensor
    weights: Tensor
    pose_directions: Tensor | None

    def __init__(self, model: BodyModel) -> None:
        super().__init__()
        self.parents = model.parents
        for name in ("template", "shape_directions", "regressor", "weights"):
            self.register_buffer(name, torch.tensor(getattr(model, name), dtype=torch.float32), persistent=False)
        flat = model.pose_directions
        directions = None if flat is None else torch.tensor(flat.reshape(-1, flat.shape[2]).T, dtype=torch.float32)
        self.register_buffer("pose_directions", directions, persistent=False)

    def forward(self, rotations: Tensor, betas: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
        """Posed vertices (B, V, 3) and joints (B, J, 3) in metres.

        Args:
            rotations: (B, J, 3, 3) of each joint in its parent's frame; the first in the world.
            betas: (1 or B, S); one shape for all bodies is computed once.
            translation: (B, 3) metres.
        """
        directions = self.shape_directions[..., : betas.shape[1]]
        shaped = self.template + torch.einsum("vcs,bs->bvc", directions, betas)
        rest = self.regressor @ shaped  # (1 or B, J, 3)
        world, places = self._forward(rotations, rest)
        moved = places - (world @ rest[..., None])[..., 0]
        blended = self.weights @ torch.cat([world.flatten(2), moved], -1)  # (B, V, 12)
        if self.pose_directions is not None:
            bend = (rotations[:, 1:] - torch.eye(3, device=rotations.device)).flatten(1)
            shaped = shaped + (bend @ self.pose_directions).reshape(len(bend), -1, 3)
        # Rotated by hand: batches of tiny matrix products are several times slower.
        x, y, z = shaped[..., :1], shaped[..., 1:2], shaped[..., 2:]
        turned = blended[..., 0:9:3] * x + blended[..., 1:9:3] * y + blended[..., 2:9:3] * z
        vertices = turned + blended[..., 9:] + translation[:, None]
        return vertices, places + translation[:, None]

    def _forward(self, rotations: Tensor, rest: Tensor) -> tuple[Tensor, Tensor]:
        world, places = [rotations[:, 0]], [rest[:, 0].expand(len(rotations), 3)]
        for joint, parent in enumerate(self.parents[1:], start=1):
            step = (world[parent] @ (rest[:, joint] - rest[:, parent])[..., None])[..., 0]
            places.append(places[parent] + step)
            world.append(world[parent] @ rotations[:, joint])
        return torch.stack(world, 1), torch.stack(places, 1)


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
        self._skinning = Skinning(model)
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
