"""A whole network: the encoder, which is run once, and the heads that read its representation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from vidmotion.model.dstformer import DSTformer
from vidmotion.model.heads import HEADS, ActionHead, BodyPose, EmbeddingHead, HeadConfig, MeshHead

POSE3D = "pose3d"
"""The head that every encoder has."""


@dataclass(frozen=True, eq=False)
class Outputs:
    """What the heads that were asked for say; the others are None."""

    rep: Tensor
    """(B, T, J, C) what they have read."""
    pose3d: Tensor | None
    """(B, T, J, 3), as `DSTformer.forward`."""
    action: Tensor | None
    """(B, classes) logits over all frames."""
    embedding: Tensor | None
    """(B, C) of length 1."""
    mesh: BodyPose | None


class MotionNetwork(nn.Module):
    """A DSTformer with heads."""

    def __init__(self, encoder: DSTformer, heads: Iterable[HeadConfig] = ()) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleDict({head.kind: HEADS[head.kind](encoder.config, head) for head in heads})

    @property
    def head_configs(self) -> tuple[HeadConfig, ...]:
        """Of the heads beside that for 3D joints."""
        return tuple(cast(ActionHead, head).config for head in self.heads.values())

    def forward(
        self, x: Tensor, positions: Tensor | None, wanted: tuple[str, ...], rep: Tensor | None = None
    ) -> Outputs:
        """Encode once and let the `wanted` heads read.

        Args:
            x: (B, T, J, 3) as `DSTformer.represent` takes it, one person a sample.
            positions: as there.
            wanted: of "pose3d", "action", "embedding", "mesh".
            rep: the representation of `x`, where it is known already.
        """
        rep = self.encoder.represent(x, positions) if rep is None else rep
        people = rep[:, None]  # (B, 1, T, J, C)
        return Outputs(
            rep,
            self.encoder.head(rep) if POSE3D in wanted else None,
            cast(ActionHead, self.heads["action"])(people) if "action" in wanted else None,
            cast(EmbeddingHead, self.heads["embedding"])(people) if "embedding" in wanted else None,
            cast(MeshHead, self.heads["mesh"])(rep) if "mesh" in wanted else None,
        )
