"""Skinning by the package `smplx`, for users' own SMPL, SMPL-H and SMPL-X files. Only this module imports it.

smplx is licensed for non-commercial research, so it is an optional extra: `skinning.py` gives the same results within
0.01 mm. Only its skinning function is used, because its loaders would run code in the files.
"""

from __future__ import annotations

from importlib.util import find_spec

import torch
from torch import Tensor

from vidmotion.body.skinning import Skinning


def smplx_is_installed() -> bool:
    """Whether the extra `smpl` is installed."""
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
        vertices, positions = lbs(
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
        return vertices + translation[:, None], positions + translation[:, None]
