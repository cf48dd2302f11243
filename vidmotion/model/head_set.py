"""The heads of one or several networks behind one interface: which network has which head, and what the heads give.

Everything that runs a trained network goes through `HeadSet.run`: lifting, action tags, search, bodies and evaluation.
Training calls `MotionNetwork` itself, because gradients of several processes are shared in that call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import cast

import torch
from torch import Tensor

from vidmotion.model.heads import ActionHead, BodyPose, EmbeddingHead, MeshHead
from vidmotion.model.network import OUTPUT_HEADS, HeadOutputs, MotionNetwork
from vidmotion.model.normalization import mirror


class HeadSet:
    """Heads by kind; where several networks have a head of one kind, that of the first network is used."""

    def __init__(self, networks: Sequence[MotionNetwork]) -> None:
        """Take networks in evaluation mode, all on one device."""
        self.networks = tuple(networks)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of all heads that may be used."""
        return tuple(dict.fromkeys(kind for network in self.networks for kind in network.kinds))

    @property
    def action(self) -> ActionHead:
        """The head for actions.

        Raises:
            ValueError: no network has one.
        """
        return cast(ActionHead, self.network("action").heads["action"])

    @property
    def embedding(self) -> EmbeddingHead:
        """The embedding head.

        Raises:
            ValueError: no network has one.
        """
        return cast(EmbeddingHead, self.network("embedding").heads["embedding"])

    @property
    def mesh(self) -> MeshHead:
        """The head for meshes.

        Raises:
            ValueError: no network has one.
        """
        return cast(MeshHead, self.network("mesh").heads["mesh"])

    @property
    def device(self) -> torch.device:
        """Where the networks lie."""
        return next(self.networks[0].parameters()).device

    def network(self, kind: str) -> MotionNetwork:
        """The network whose head of a kind is used.

        Raises:
            ValueError: no network has such a head.
        """
        for network in self.networks:
            if kind in network.kinds:
                return network
        raise ValueError(f"no network has a head {kind!r}")

    def window(self, wanted: Iterable[str]) -> int:
        """The most frames that may be run at once for these outputs.

        Raises:
            ValueError: no network has a head for one of them.
        """
        return min(network.encoder.config.max_frames for network in self._shares(wanted))

    @torch.inference_mode()
    def run(self, x: Tensor, wanted: Iterable[str], flip: bool = True) -> list[HeadOutputs]:
        """Outputs for the input and, with `flip`, for the mirrored input.

        Each network that is needed encodes each input once. Outputs for the mirrored input stay mirrored. A GPU
        multiplies 16-bit floats (autocast).

        Args:
            x: (B, T, J, 3) x, y, confidence, normalised (`vidmotion.model.normalization`).
            wanted: keys of `OUTPUT_HEADS`.

        Raises:
            ValueError: no network has a head for a wanted output.
        """
        shares, x = self._shares(wanted), x.to(self.device)
        half = self.device.type == "cuda"
        return [_run(shares, each, half) for each in ((x, mirror(x)) if flip else (x,))]

    def _shares(self, wanted: Iterable[str]) -> dict[MotionNetwork, tuple[str, ...]]:
        """The networks that are needed, and the outputs that each gives."""
        shares: dict[MotionNetwork, tuple[str, ...]] = {}
        for name in dict.fromkeys(wanted):
            network = self.network(OUTPUT_HEADS[name])
            shares[network] = (*shares.get(network, ()), name)
        return shares


def _run(shares: dict[MotionNetwork, tuple[str, ...]], x: Tensor, half: bool) -> HeadOutputs:
    values = dict.fromkeys((field.name for field in fields(HeadOutputs)), None)
    for network, names in shares.items():
        with torch.autocast(x.device.type, torch.float16, enabled=half):
            output = network(x, None, names)
        values |= {name: _in_floats(getattr(output, name)) for name in names}
    return HeadOutputs(**values)


def _in_floats(value: Tensor | BodyPose) -> Tensor | BodyPose:
    """32 bits a number."""
    if isinstance(value, BodyPose):
        return BodyPose(value.columns.float(), value.betas.float())
    return value.float()
