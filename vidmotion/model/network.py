"""A whole network: the encoder, which is run once, and the heads that read its representation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from torch import Tensor, nn

from vidmotion.model.dstformer import DSTformer
from vidmotion.model.heads import HEADS, ActionHead, BodyPose, EmbeddingHead, HeadConfig, MeshHead

POSE3D = "pose3d"
"""The head that is a part of every encoder."""


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

    def __init__(self, encoder: DSTformer, heads: Iterable[HeadConfig] = (), lifts: bool = True) -> None:
        """
        Args:
            lifts: whether the encoder's own head tells 3D joints. It does not where the encoder has learned on without
                it.
        """
        super().__init__()
        self.encoder = encoder
        self.lifts = lifts
        self.heads = nn.ModuleDict({head.kind: HEADS[head.kind](encoder.config, head) for head in heads})

    @property
    def head_configs(self) -> tuple[HeadConfig, ...]:
        """Of the heads beside that for 3D joints."""
        return tuple(cast(ActionHead, head).config for head in self.heads.values())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of all heads that may be asked."""
        return (*((POSE3D,) if self.lifts else ()), *self.heads)

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


@dataclass(frozen=True, eq=False)
class Asked:
    """A network and the heads of it that are to be read."""

    network: MotionNetwork
    heads: tuple[str, ...]


def share_out(networks: Sequence[MotionNetwork], heads: Iterable[str]) -> list[Asked]:
    """Ask each head of the first network that has it; networks of which nothing is asked are left out.

    Raises:
        ValueError: no network has a head.
    """
    asked: dict[int, list[str]] = {}
    for head in dict.fromkeys(heads):
        first = next((i for i, network in enumerate(networks) if head in network.kinds), None)
        if first is None:
            raise ValueError(f"no network has a head {head!r}")
        asked.setdefault(first, []).append(head)
    return [Asked(networks[i], tuple(kinds)) for i, kinds in sorted(asked.items())]
