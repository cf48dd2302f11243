"""Poses body models in torch: batched linear blend skinning (Loper et al. 2015, equations 2 to 10), or joints only."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from vidmotion.body.joints import HEAD, WEIGHTS, offsets
from vidmotion.body.model import BODY_JOINTS, BodyModel


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
            rotations: (B, J, 3, 3) of each joint in the frame of its parent; the first in the world.
            betas: (1 or B, S); a shape that all bodies share is computed once.
            translation: (B, 3) metres.
        """
        directions = self.shape_directions[..., : betas.shape[1]]
        shaped = self.template + torch.einsum("vcs,bs->bvc", directions, betas)
        rest = self.regressor @ shaped  # (1 or B, J, 3)
        world, positions = forward_kinematics(rotations, rest, self.parents)
        moved = positions - (world @ rest[..., None])[..., 0]
        blended = self.weights @ torch.cat([world.flatten(2), moved], -1)  # (B, V, 12)
        if self.pose_directions is not None:
            bend = (rotations[:, 1:] - torch.eye(3, device=rotations.device)).flatten(1)
            shaped = shaped + (bend @ self.pose_directions).reshape(len(bend), -1, 3)
        # Written out, because batches of tiny matrix products are several times slower.
        x, y, z = shaped[..., :1], shaped[..., 1:2], shaped[..., 2:]
        rotated = blended[..., 0:9:3] * x + blended[..., 1:9:3] * y + blended[..., 2:9:3] * z
        vertices = rotated + blended[..., 9:] + translation[:, None]
        return vertices, positions + translation[:, None]


class BodyJoints(nn.Module):
    """Human3.6M's 17 joints of posed bodies, without the mesh."""

    rest: Tensor
    directions: Tensor
    mixture: Tensor
    offsets: Tensor
    height_terms: Tensor

    def __init__(self, model: BodyModel) -> None:
        super().__init__()
        self.parents = model.parents
        tip = [model.template[:, 1].argmax(), model.template[:, 1].argmin()]
        # The last entry is the height of the template; before it, the change of height for each beta.
        directions = np.concatenate([model.shape_directions[tip, 1], model.template[tip, 1, None]], 1)
        arrays = {
            "rest": model.regressor @ model.template,
            "directions": np.einsum("jv,vcs->jcs", model.regressor, model.shape_directions),
            "mixture": WEIGHTS,
            "offsets": offsets(1.0),
            "height_terms": directions[0] - directions[1],
        }
        for name, array in arrays.items():
            self.register_buffer(name, torch.tensor(array, dtype=torch.float32), persistent=False)

    def at_rest(self, betas: Tensor) -> Tensor:
        """(B, J, 3) metres, the model's own joints at rest, of betas (B, S)."""
        return self.rest + torch.einsum("jcs,bs->bjc", self.directions[..., : betas.shape[1]], betas)

    def forward(self, rotations: Tensor, betas: Tensor) -> Tensor:
        """(B, 17, 3) metres, in the frame of the first rotation, with the pelvis at its rest position.

        Args:
            rotations: (B, J, 3, 3) of each joint in the frame of its parent.
            betas: (B, S).
        """
        rest = self.at_rest(betas)
        world, positions = forward_kinematics(rotations, rest, self.parents)
        height = self.height_terms[-1] + betas @ self.height_terms[: betas.shape[1]]
        points = height[:, None, None] * self.offsets @ world[:, HEAD].mT
        return self.mixture @ positions[:, :BODY_JOINTS] + points


def forward_kinematics(rotations: Tensor, rest: Tensor, parents: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """World rotations (B, J, 3, 3) and positions (B, J, 3) of joints.

    Args:
        rotations: (B, J, 3, 3) local rotations.
        rest: (1 or B, J, 3) joints at rest.
    """
    world, positions = [rotations[:, 0]], [rest[:, 0].expand(len(rotations), 3)]
    for joint, parent in enumerate(parents[1:], start=1):
        step = (world[parent] @ (rest[:, joint] - rest[:, parent])[..., None])[..., 0]
        positions.append(positions[parent] + step)
        world.append(world[parent] @ rotations[:, joint])
    return torch.stack(world, 1), torch.stack(positions, 1)
