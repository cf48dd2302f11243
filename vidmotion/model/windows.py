"""Tracks of any length through a network of fixed length: overlapping windows, batched, cross-faded.

Each window is encoded once by each network, and once more mirrored, and all its heads read that. Input and output are
arrays of one person without gaps, at the training frame rate. Knows networks and the framing, nothing about videos,
frame rates or metres.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from vidmotion.geometry.rotations_torch import from_6d, mirror_turns, nearest, turn_pelvis
from vidmotion.model.heads import ActionHead, EmbeddingHead, MeshHead
from vidmotion.model.network import POSE3D, Asked, MotionNetwork, share_out
from vidmotion.model.normalization import Framed, frame, mirror, rotate
from vidmotion.skeletons import H36M17, STATURE_CHAIN
from vidmotion.types import Floats

OVERLAP = 81
CPU_BATCH, GPU_BATCH = 2, 16
"""Windows that go through the network at once: on a CPU more only cost memory."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What the heads say of one person; what was not asked for is None."""

    joints: Floats
    """(T, J, 3) metres for every metre between camera and root, the root at 0; camera axes: x right, y down, z away."""
    disagreement: Floats
    """(T, J) distance between the plain and the mirrored pass, in shares of the body's size; 0 without flip."""
    turns: Floats | None = None
    """(T, 24, 3, 3) rotations of SMPL's joints in their parents' frames; the pelvis in camera axes."""
    betas: Floats | None = None
    """(10,) shape, in the units of the head's body model."""
    action: Floats | None = None
    """(T, passes, C) features for `ActionHead.judge`."""
    embedding: Floats | None = None
    """(T, passes, C) features for `EmbeddingHead.judge`."""


def read_windows(
    networks: Sequence[MotionNetwork],
    rays: Floats,
    score: Floats,
    heads: Iterable[str] = (),
    flip: bool = True,
    advance: Callable[[int], None] = lambda frames: None,
) -> Reading:
    """Read one unbroken run of 2D joints.

    Args:
        networks: each head is asked of the first that has it; one must lift. All on one device.
        rays: (T, 17, 2) points of the plane z = 1 in front of the camera.
        score: (T, 17); 0 marks a missing point, whose ray is ignored.
        heads: of "action", "embedding", "mesh", those to ask beside that for 3D joints.
        flip: average with the mirrored input.
        advance: told of the frames done, for a progress bar.
    """
    asked = share_out(networks, (POSE3D, *heads))
    total, window = len(rays), min(each.network.encoder.config.max_frames for each in asked)
    device = next(asked[0].network.parameters()).device
    starts = window_starts(total, window)
    length = min(total, window)
    fade = torch.from_numpy(_fade(length))
    blend = _Blend(total)
    size = CPU_BATCH if device.type == "cpu" else GPU_BATCH
    for first in range(0, len(starts), size):
        batch = starts[first : first + size]
        cut = [slice(start, start + length) for start in batch]
        x = torch.stack([torch.from_numpy(np.ascontiguousarray(rays[c], np.float32)) for c in cut])
        s = torch.stack([torch.from_numpy(np.ascontiguousarray(score[c], np.float32)) for c in cut])
        said = _read_batch(asked, x.to(device), s.to(device), flip)
        for row, c in enumerate(cut):
            blend.add({name: values[row].cpu() for name, values in said.items()}, c, fade)
        advance(min(batch[-1] + length, total))
    return _reading(blend.means())


class _Blend:
    """Means of windows that fade into each other, of values (T, ...) by name."""

    def __init__(self, total: int) -> None:
        self._total, self._sums, self._weight = total, dict[str, Tensor](), torch.zeros(total)

    def add(self, said: dict[str, Tensor], cut: slice, fade: Tensor) -> None:
        for name, values in said.items():
            if name not in self._sums:
                self._sums[name] = torch.zeros(self._total, *values.shape[1:])
            self._sums[name][cut] += values * fade.view(-1, *[1] * (values.ndim - 1))
        self._weight[cut] += fade

    def means(self) -> dict[str, Tensor]:
        return {name: sums / self._weight.view(-1, *[1] * (sums.ndim - 1)) for name, sums in self._sums.items()}


def _reading(said: dict[str, Tensor]) -> Reading:
    turns, betas = said.pop("turns", None), said.pop("betas", None)
    return Reading(
        turns=None if turns is None else nearest(turns).numpy(),
        betas=None if betas is None else betas.mean(0).numpy(),
        **{name: values.numpy() for name, values in said.items()},
    )


def window_starts(total: int, window: int) -> list[int]:
    """First frames of windows that cover 0 .. total-1 and overlap by at least `OVERLAP` frames."""
    if total <= window:
        return [0]
    hop = window - min(OVERLAP, window // 3)
    return [*range(0, total - window, hop), total - window]


def _fade(length: int) -> Floats:
    ramp = np.arange(1, length + 1, dtype=np.float32)
    return np.minimum(np.minimum(ramp, ramp[::-1]), np.float32(OVERLAP)) / OVERLAP


@torch.inference_mode()
def _read_batch(asked: Sequence[Asked], rays: Tensor, score: Tensor, flip: bool) -> dict[str, Tensor]:
    """Fields of `Reading` by name, each (B, T, ...), of (B, T, J, 2) and (B, T, J)."""
    framed = frame(rays, score)
    said: dict[str, Tensor] = {}
    for each in asked:
        encoder = each.network.encoder
        reps = [encoder.represent(x) for x in ((framed.x, mirror(framed.x)) if flip else (framed.x,))]
        for name in each.heads:
            said |= _hear(each.network, name, framed, reps)
    return said


def _hear(network: MotionNetwork, name: str, framed: Framed, reps: list[Tensor]) -> dict[str, Tensor]:
    """What one head says of the plain and the mirrored representation."""
    if name == POSE3D:
        return _joints(network, framed, reps)
    head = network.heads[name]
    if isinstance(head, MeshHead):
        return _body(head, framed, reps)
    return {name: torch.stack([cast(ActionHead | EmbeddingHead, head).features(rep) for rep in reps], 2)}


def _joints(network: MotionNetwork, framed: Framed, reps: list[Tensor]) -> dict[str, Tensor]:
    poses = [network.encoder.head(rep) for rep in reps]
    pose = _rooted(poses[0])
    doubt = torch.zeros_like(pose[..., 0])
    if len(poses) > 1:
        mirrored = _rooted(mirror(poses[1]))
        doubt = (pose - mirrored).norm(dim=-1) / _body_size(pose)
        pose = (pose + mirrored) / 2
    return {"joints": rotate(framed.turn.mT, pose * framed.half[:, None, None, None]), "disagreement": doubt}


def _body(head: MeshHead, framed: Framed, reps: list[Tensor]) -> dict[str, Tensor]:
    """Sums of rotations, and the shape for each frame of its window."""
    said = [head(rep) for rep in reps]
    turns = from_6d(said[0].columns)
    if len(said) > 1:
        turns = turns + mirror_turns(from_6d(said[1].columns))
    betas = torch.stack([one.betas for one in said]).mean(0)
    return {
        "turns": turn_pelvis(framed.turn.mT, turns),
        "betas": betas[:, None].expand(-1, turns.shape[1], -1),
    }


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[:, :, :1]


def _body_size(pose: Tensor) -> Tensor:
    """(B, T, 1) sum of leg, trunk and head lengths: near the stature."""
    parents = [H36M17.parents[joint] for joint in STATURE_CHAIN]
    bones = pose[:, :, list(STATURE_CHAIN)] - pose[:, :, parents]
    return bones.norm(dim=-1).sum(-1, keepdim=True).clamp_min(1e-6)
