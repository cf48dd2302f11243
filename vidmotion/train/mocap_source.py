"""Motion capture before random cameras, with simulated noise or errors borrowed from footage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from vidmotion.body.load import free_body
from vidmotion.body.skinning import BodyJoints
from vidmotion.data.augment import View, corrupt, observe, random_cameras, uniform, vary_bones
from vidmotion.data.detector_noise import ErrorBank
from vidmotion.data.footage_windows import hide, observe_footage, well_seen
from vidmotion.data.mocap import TURN_STEP, read_mocap, read_packed
from vidmotion.data.mocap_windows import WindowSampler, WindowShape
from vidmotion.errors import InputError
from vidmotion.geometry.rotations_torch import from_6d, from_axis_angles, mirror_turns, to_6d, turn_pelvis
from vidmotion.model.normalization import mirror, project
from vidmotion.skeletons import SMPL24
from vidmotion.train.batches import WINDOW, Batch, BodyTruth, coin
from vidmotion.train.config import RecipeConfig

SHAPES = 4096
"""Bodies among which one is drawn for each window."""


class CaptureSource:
    """Motion capture on skeletons of random proportions."""

    def __init__(
        self, folder: Path, config: RecipeConfig, device: torch.device, errors: Sequence[ErrorBank] = ()
    ) -> None:
        """Read the training part of a packed folder.

        Raises:
            InputError: as `read_mocap`.
        """
        mocap = read_mocap(folder, "train")
        self.sampler, self.config, self.errors = WindowSampler(mocap, device), config, errors
        self.labels = tuple(clip.label for clip in mocap.clips)
        self.subjects = tuple(clip.subject for clip in mocap.clips)

    def fitting(self, frames: int, stride: int) -> tuple[int, int]:
        """As they are: short clips are slowed down or held."""
        return frames, stride

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `Source`."""
        return self.sampler.choose(count, rng, weights)

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `Source`."""
        joints = vary_bones(self.sampler.cut(items, shape, self.config.speed, rng), rng)
        if coin(rng):
            joints = mirror(joints)
        joints = random_cameras(joints, self.config.camera, rng).see(joints)
        x, view, keep = self._detect(joints, positions, shape.stride, rng)
        return Batch(x, view, positions, shape.stride, items[keep], None)

    def _detect(self, joints: Tensor, positions: Tensor, stride: int, rng: Generator) -> tuple[Tensor, View, Tensor]:
        """What a detector might say of joints (B, T, 17, 3) in camera axes: input and view of the windows kept (B,)."""
        noise = self.config.noise
        if not self.errors or not bool(uniform((), 0, 1, rng) < self.config.borrow):
            view = observe(joints)
            everybody = torch.ones(len(joints), dtype=torch.bool, device=joints.device)
            return corrupt(view.clean, positions, WINDOW, noise, rng), view, everybody
        bank = self.errors[int(torch.randint(len(self.errors), (), generator=rng, device=rng.device))]
        rays, score = bank.say(project(joints), stride, rng)
        score = hide(score, noise, rng)
        keep = well_seen(score)
        framed, view = observe_footage(rays[keep], score[keep], joints[keep])
        return framed.x, view, keep


class BodySource(CaptureSource):
    """Motion capture whose rotations are known, on free bodies of random shape."""

    def __init__(
        self, folder: Path, config: RecipeConfig, device: torch.device, errors: Sequence[ErrorBank] = ()
    ) -> None:
        """Read the training part of a packed folder.

        Raises:
            InputError: as `read_mocap`, or there are no rotations.
        """
        super().__init__(folder, config, device, errors)
        packed, model = read_packed(folder, "train"), free_body()
        if packed.rotations is None:
            raise InputError(f"{folder} holds no rotations (*_rot.npy), without which no body can be posed")
        spans = [slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"])) for row in packed.rows]
        turns = np.concatenate([packed.rotations[span] for span in spans]).astype(np.float32) * np.float32(TURN_STEP)
        assert model.phenotype is not None  # the free body has one
        draws = np.random.default_rng(config.seed)
        shapes = np.stack([model.phenotype.draw(draws) for _ in range(SHAPES)])
        self._turns = torch.from_numpy(turns).to(device)  # (N, 22, 3)
        self._shapes = torch.from_numpy(shapes.astype(np.float32)).to(device)
        self._skeleton = BodyJoints(model).to(device)

    def see(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `Source`."""
        moments = self.sampler.moments(items, shape, self.config.speed, rng)
        before, after = self._rotations(moments.before), self._rotations(moments.after)
        # Neighbours lie near each other: between them, straight lines are as good as arcs.
        turns = from_6d(to_6d(before + (after - before) * moments.share[..., None]))
        roots = moments.of(self.sampler.joints[:, :1])
        if coin(rng):
            turns, roots = mirror_turns(turns), roots * roots.new_tensor([-1.0, 1.0, 1.0])
        which = torch.randint(SHAPES, (len(items),), generator=rng, device=rng.device)
        betas = self._shapes[which]
        joints = self._skeleton(turns.flatten(0, 1), betas.repeat_interleave(shape.frames, 0)).unflatten(
            0, turns.shape[:2]
        )
        joints = joints - joints[:, :, :1] + roots
        cameras = random_cameras(joints, self.config.camera, rng)
        x, view, keep = self._detect(cameras.see(joints), positions, shape.stride, rng)
        turns = torch.cat([cameras.axes[:, :, None] @ turns[:, :, :1], turns[:, :, 1:]], 2)[keep]
        body = BodyTruth(turn_pelvis(view.turn, turns), betas[keep])
        return Batch(x, view, positions, shape.stride, items[keep], body)

    def _rotations(self, frames: Tensor) -> Tensor:
        """(B, T, 24, 3, 3) of frames (B, T); the hands as they rest."""
        turns = self._turns[frames]
        hands = turns.new_zeros(*turns.shape[:2], len(SMPL24) - turns.shape[2], 3)
        return from_axis_angles(torch.cat([turns, hands], 2))
