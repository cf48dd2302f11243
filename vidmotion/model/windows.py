"""Runs tracks of any length through networks of fixed length: overlapping windows, in batches, cross-faded.

Input and output are arrays of people without gaps, at the training frame rate. Does not depend on videos, frame
rates or metres.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vidmotion.geometry.rotations_torch import mirror_rotations, nearest_rotation, rotate_pelvis, rotation_6d_to_matrix
from vidmotion.model.head_set import HeadSet
from vidmotion.model.heads import BodyPose
from vidmotion.model.network import ACTION_FEATURES, EMBEDDING_FEATURES, POSE3D
from vidmotion.model.normalization import NormalizedWindow, mirror, normalize, rotate
from vidmotion.skeletons import H36M17, STATURE_CHAIN
from vidmotion.types import Floats

OVERLAP = 81
"""Frames that neighbouring windows share at least."""
CPU_BATCH, GPU_BATCH = 2, 16
"""Windows that go through the network at once: on a CPU more only cost memory."""
FEATURES = {"action": ACTION_FEATURES, "embedding": EMBEDDING_FEATURES}
"""For these heads the features of each frame are kept: their average over time comes later, over shorter windows."""


@dataclass(frozen=True, eq=False)
class TrackOutput:
    """Outputs of the heads for one person; None where an output was not asked for."""

    joints: Floats
    """(T, J, 3) metres for every metre between camera and root, the root at 0; camera axes: x right, y down, z away."""
    disagreement: Floats
    """(T, J) distance between the plain and the mirrored pass, as a share of the body's size; 0 without flip."""
    rotations: Floats | None = None
    """(T, 24, 3, 3) rotations of SMPL's joints in their parents' frames; the pelvis in camera axes."""
    betas: Floats | None = None
    """(10,) shape, in the units of the head's body model."""
    action_features: Floats | None = None
    """(T, passes, C) for `ActionHead.from_features`; the passes are the plain and the mirrored one."""
    embedding_features: Floats | None = None
    """(T, passes, C) for `EmbeddingHead.from_features`."""
    error: Floats | None = None
    """(T, J) expected distance from the truth, both poses with their roots at 0, as a share of the body's size."""


@dataclass(frozen=True, eq=False)
class Points:
    """One unbroken run of one person's 2D joints, at the training frame rate."""

    rays: Floats
    """(T, 17, 2) points of the plane z = 1 in front of the camera."""
    score: Floats
    """(T, 17); 0 marks a missing point, whose ray is ignored."""


def run_windows(
    head_set: HeadSet,
    runs: Sequence[Points],
    heads: Iterable[str] = (),
    flip: bool = True,
    advance: Callable[[float], None] = lambda share: None,
) -> list[TrackOutput]:
    """Run the heads on runs of 2D joints. A GPU gets windows of all runs in one batch.

    Args:
        head_set: its heads include one for 3D joints.
        runs: of any people, of any length.
        heads: of "action", "embedding", "mesh", "error", those to run beside that for 3D joints.
        flip: average with the mirrored input.
        advance: called with the share of the work that is done, for a progress bar.

    Returns:
        One for each run. On a CPU it does not depend on the other runs.

    Raises:
        ValueError: there is no head of a kind.
    """
    wanted = (POSE3D, *(FEATURES.get(head, head) for head in heads))
    window = head_set.window(wanted)
    pieces = [
        _Piece(row, slice(start, start + min(len(run.rays), window)))
        for row, run in enumerate(runs)
        for start in window_starts(len(run.rays), window)
    ]
    blends = [_Blend(len(run.rays)) for run in runs]
    total, done = sum(piece.length for piece in pieces), 0
    for batch in _batches(pieces, head_set.device.type == "cpu"):
        x, score = (
            torch.from_numpy(np.stack([getattr(runs[row], name)[part] for row, part in batch]).astype(np.float32))
            for name in ("rays", "score")
        )
        outputs = _run_batch(head_set, x.to(head_set.device), score.to(head_set.device), wanted, flip)
        found = {name: values.cpu() for name, values in outputs.items()}
        for number, (row, part) in enumerate(batch):
            blends[row].add({name: values[number] for name, values in found.items()}, part)
        done += sum(piece.length for piece in batch)
        advance(done / total)
    return [_track_output(blend.means()) for blend in blends]


class _Piece(NamedTuple):
    """A window."""

    row: int
    """Of its run."""
    part: slice
    """Its frames."""

    @property
    def length(self) -> int:
        return self.part.stop - self.part.start


def _batches(pieces: list[_Piece], on_cpu: bool) -> Iterator[list[_Piece]]:
    """Windows of one length; on a CPU, of one run, so that each run's numbers are its own to the last bit."""
    key, size = (attrgetter("row"), CPU_BATCH) if on_cpu else (attrgetter("length"), GPU_BATCH)
    for _, group in groupby(sorted(pieces, key=key), key=key):
        while batch := list(islice(group, size)):
            yield batch


class _Blend:
    """Means of windows that fade into each other, of values (T, ...) by name."""

    def __init__(self, total: int) -> None:
        self._total, self._sums, self._weight = total, dict[str, Tensor](), torch.zeros(total)

    def add(self, outputs: dict[str, Tensor], part: slice) -> None:
        fade = torch.from_numpy(_fade(part.stop - part.start))
        for name, values in outputs.items():
            if name not in self._sums:
                self._sums[name] = torch.zeros(self._total, *values.shape[1:])
            self._sums[name][part] += values * fade.view(-1, *[1] * (values.ndim - 1))
        self._weight[part] += fade

    def means(self) -> dict[str, Tensor]:
        return {name: sums / self._weight.view(-1, *[1] * (sums.ndim - 1)) for name, sums in self._sums.items()}


def _track_output(means: dict[str, Tensor]) -> TrackOutput:
    rotations, betas = means.pop("rotations", None), means.pop("betas", None)
    return TrackOutput(
        rotations=None if rotations is None else nearest_rotation(rotations).numpy(),
        betas=None if betas is None else betas.mean(0).numpy(),
        **{name: values.numpy() for name, values in means.items()},
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
def _run_batch(
    head_set: HeadSet, rays: Tensor, score: Tensor, wanted: tuple[str, ...], flip: bool
) -> dict[str, Tensor]:
    """Fields of `TrackOutput` by name, each (B, T, ...), of (B, T, J, 2) and (B, T, J)."""
    normalized = normalize(rays, score)
    passes = head_set.run(normalized.x, wanted, flip)
    poses = [each.pose3d for each in passes if each.pose3d is not None]
    fields = _joints(poses, normalized)
    if passes[0].mesh is not None:
        fields |= _body([each.mesh for each in passes if each.mesh is not None], normalized)
    if passes[0].error is not None:
        fields["error"] = _error([each.error for each in passes if each.error is not None], poses)
    for name in FEATURES.values():
        if name in wanted:
            fields[name] = torch.stack([getattr(each, name) for each in passes], 2)
    return fields


def _joints(poses: list[Tensor], normalized: NormalizedWindow) -> dict[str, Tensor]:
    """Joints and disagreement of the pose (B, T, J, 3) of the plain and, if there is one, of the mirrored pass."""
    pose = _rooted(poses[0])
    disagreement = torch.zeros_like(pose[..., 0])
    if len(poses) > 1:
        mirrored = _rooted(mirror(poses[1]))
        disagreement = (pose - mirrored).norm(dim=-1) / _body_size(pose)
        pose = (pose + mirrored) / 2
    joints = rotate(normalized.rotation.mT, pose * normalized.half[:, None, None, None])
    return {"joints": joints, "disagreement": disagreement}


def _error(logarithms: list[Tensor], poses: list[Tensor]) -> Tensor:
    """Expected distances (B, T, J) of the passes' mean, as shares of the body's size in their poses (B, T, J, 3)."""
    expected, size = logarithms[0].exp(), _body_size(poses[0])
    if len(logarithms) > 1:
        expected = (expected + logarithms[1][..., list(H36M17.mirror)].exp()) / 2
        size = (size + _body_size(poses[1])) / 2
    expected[..., 0] = 0
    return expected / size


def _body(bodies: list[BodyPose], normalized: NormalizedWindow) -> dict[str, Tensor]:
    """Sums of rotations over the passes, and the shape for each frame of its window."""
    rotations = rotation_6d_to_matrix(bodies[0].columns)
    if len(bodies) > 1:
        rotations = rotations + mirror_rotations(rotation_6d_to_matrix(bodies[1].columns))
    betas = torch.stack([body.betas for body in bodies]).mean(0)
    return {
        "rotations": rotate_pelvis(normalized.rotation.mT, rotations),
        "betas": betas[:, None].expand(-1, rotations.shape[1], -1),
    }


def _rooted(pose: Tensor) -> Tensor:
    return pose - pose[:, :, :1]


def _body_size(pose: Tensor) -> Tensor:
    """(B, T, 1) sum of leg, trunk and head lengths: nearly the body's height."""
    parents = [H36M17.parents[joint] for joint in STATURE_CHAIN]
    bones = pose[:, :, list(STATURE_CHAIN)] - pose[:, :, parents]
    return bones.norm(dim=-1).sum(-1, keepdim=True).clamp_min(1e-6)
