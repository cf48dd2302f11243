"""Poses body models by batched linear blend skinning, in torch (Loper et al. 2015, equations 2 to 10)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vidmotion.body.model import BodyModel


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
