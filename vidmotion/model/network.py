"""A whole network: the encoder, which runs once, and the heads that read its representation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from vidmotion.model.dstformer import DSTformer
from vidmotion.model.heads import (
    HEADS,
    ActionHead,
    BodyPose,
    EmbeddingHead,
    ErrorHead,
    HeadConfig,
    KinematicEmbeddingHead,
    KinematicHead,
    MeshHead,
)

POSE3D = "pose3d"
"""The head that is a part of every encoder."""
ACTION_FEATURES, EMBEDDING_FEATURES = "action_features", "embedding_features"
"""Outputs of the action and embedding heads before their average over time."""
OUTPUT_HEADS = {
    POSE3D: POSE3D,
    "action": "action",
    ACTION_FEATURES: "action",
    "embedding": "embedding",
    EMBEDDING_FEATURES: "embedding",
    "mesh": "mesh",
    "error": "error",
}
"""Every output that can be asked for, and the head that gives it."""


@dataclass(frozen=True, eq=False)
class HeadOutputs:
    """Outputs by name, the keys of `OUTPUT_HEADS`; None where an output was not asked for."""

    pose3d: Tensor | None
    """(B, T, J, 3), as `DSTformer.forward`."""
    action: Tensor | None
    """(B, classes) logits of all frames together; (parts, B, classes) of a head with several parts in training."""
    action_features: Tensor | None
    """(B, T, hidden) of each frame, for `ActionHead.from_features`."""
    embedding: Tensor | None
    """(B, C) of length 1, of all frames together."""
    embedding_features: Tensor | None
    """(B, T, hidden) of each frame, for `EmbeddingHead.from_features`."""
    mesh: BodyPose | None
    error: Tensor | None
    """(B, T, J), as `ErrorHead.forward`."""


@dataclass(frozen=True, eq=False)
class NetworkOutput(HeadOutputs):
    """Outputs of one network's heads, and the representation that they read."""

    rep: Tensor
    """(B, T, J, C)."""


class MotionNetwork(nn.Module):
    """A DSTformer with heads."""

    def __init__(self, encoder: DSTformer, heads: Iterable[HeadConfig] = (), lifts: bool = True) -> None:
        """Make new heads for an encoder.

        Args:
            lifts: whether the encoder's own head for 3D joints may be used. False where the encoder was trained
                further without that head.
        """
        super().__init__()
        self.encoder = encoder
        self.lifts = lifts
        self.heads = nn.ModuleDict({head.kind: HEADS[head.kind](encoder.config, head) for head in heads})

    @property
    def head_configs(self) -> tuple[HeadConfig, ...]:
        """Configs of all heads but that for 3D joints."""
        return tuple(cast(ActionHead, head).config for head in self.heads.values())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of all heads that may be used."""
        return (*((POSE3D,) if self.lifts else ()), *self.heads)

    def forward(
        self, x: Tensor | None, positions: Tensor | None, wanted: tuple[str, ...], rep: Tensor | None = None
    ) -> NetworkOutput:
        """Encode once and run the heads that give the `wanted` outputs.

        Args:
            x: (B, T, J, 3) as `DSTformer.represent` takes it, one person a sample; not needed with `rep`.
            positions: (T,) as in `DSTformer.represent`.
            wanted: keys of `OUTPUT_HEADS`.
            rep: the representation of `x`, where it is known already.
        """
        if rep is None:
            assert x is not None
            rep = self.encoder.represent(x, positions)
        readers = [kind for kind in {OUTPUT_HEADS[name] for name in wanted} if self._reads_pose(kind)]
        pose = self.encoder.head(rep) if POSE3D in wanted or readers else None
        posed = torch.cat([rep, pose], -1) if pose is not None and readers else rep  # (B, T, J, C + 3)
        for_action, for_embedding = (posed if kind in readers else rep for kind in ("action", "embedding"))
        return NetworkOutput(
            pose3d=pose if POSE3D in wanted else None,
            action=self._action(for_action[:, None]) if "action" in wanted else None,
            action_features=self._action.features(for_action) if ACTION_FEATURES in wanted else None,
            embedding=self._embedding(for_embedding[:, None]) if "embedding" in wanted else None,
            embedding_features=self._embedding.features(for_embedding) if EMBEDDING_FEATURES in wanted else None,
            mesh=cast(MeshHead, self.heads["mesh"])(rep) if "mesh" in wanted else None,
            error=cast(ErrorHead, self.heads["error"])(rep) if "error" in wanted else None,
            rep=rep,
        )

    def _reads_pose(self, kind: str) -> bool:
        """Whether a head takes the lifted pose as 3 more channels behind those of the representation."""
        return kind in self.heads and isinstance(self.heads[kind], KinematicHead | KinematicEmbeddingHead)

    @property
    def _action(self) -> ActionHead:
        return cast(ActionHead, self.heads["action"])

    @property
    def _embedding(self) -> EmbeddingHead:
        return cast(EmbeddingHead, self.heads["embedding"])
