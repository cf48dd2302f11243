"""Skinning by PyPI's `smplx`, for users' own SMPL, SMPL-H and SMPL-X files; the only import of it.

smplx is licensed for non-commercial research, so it is an extra and never needed: `skinning.py` gives the same
within 0.01 mm. Only its skinning function is used; its loaders would run code that a file holds.
"""

from __future__ import annotations

from importlib.util import find_spec

import torch
from torch import Tensor

from vidmotion.body.skinning import Skinning


def is_installed() -> bool:
    """Whether the extra `smpl` is here."""
    return find_spec("smplx") is not None


class SmplxSkinning(Skinning):
    """A body model on a device, posed by smplx."""

    def forward(self, rotations: Tensor, betas: Tensor, translation: Tensor) -> tuple[Tensor, Tensor]:
        """See `Skinning.forward`."""
        from smplx.lbs import lbs

        joints = len(self.parents)
        directions = self.pose_directions
        if directions is None:
            directions = torch.zeros(9 * (joints - 1), self.template.numel(), device=self.template.device)
        vertices, places = lbs(
            betas.expand(len(rotations), -1),
            rotations,
            self.template[None],
            self.shape_directions[..., : betas.shape[1]],
            directions,
            self.regressor,
            torch.tensor(self.parents, device=self.template.device),
            self.weights,
            pose2rot=False,
        )
        return vertices + translation[:, None], places + translation[:, None]
