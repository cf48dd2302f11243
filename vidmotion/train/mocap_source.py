"""Batches of motion capture: random cameras, with simulated noise or with a real detector's errors from footage."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

from vidmotion.body.load import free_body
from vidmotion.body.rest_pose import from_t_pose, turns_to_t_pose
from vidmotion.body.skinning import BodyJoints
from vidmotion.data.augment import ObservedWindow, corrupt, observe, random_cameras, uniform, vary_bones
from vidmotion.data.detector_noise import ErrorBank
from vidmotion.data.footage_windows import cut_off, drop_points, observe_footage, well_seen
from vidmotion.data.knee_extension import missing_extension
from vidmotion.data.mocap import ROTATION_STEP, read_mocap, read_packed
from vidmotion.data.mocap_windows import WindowSampler, WindowShape
from vidmotion.data.motion_augment import vary_motion
from vidmotion.errors import InputError
from vidmotion.geometry.rotations_torch import (
    axis_angle_to_matrix,
    matrix_to_rotation_6d,
    mirror_rotations,
    rotate_pelvis,
    rotation_6d_to_matrix,
)
from vidmotion.model.normalization import mirror, project
from vidmotion.skeletons import SMPL24
from vidmotion.train.batches import WINDOW, Batch, BodyLabels, coin_flip
from vidmotion.train.config import RecipeConfig

SHAPES = 4096
"""Number of random bodies, of which one is drawn for each window."""


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
        """Any windows fit: short clips are slowed down, or their last frame is held."""
        return frames, stride

    def choose(self, count: int, rng: Generator, weights: Tensor | None) -> Tensor:
        """As `BatchSource`."""
        return self.sampler.choose(count, rng, weights)

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `BatchSource`."""
        joints = vary_bones(self.sampler.cut(items, shape, self.config.speed, rng), rng)
        if coin_flip(rng):
            joints = mirror(joints)
        joints = random_cameras(joints, self.config.camera, rng).to_camera_axes(joints)
        x, view, keep = self._detect(joints, positions, shape.stride, rng)
        return Batch(x, view, positions, shape.stride, items[keep], None)

    def _detect(
        self, joints: Tensor, positions: Tensor, stride: int, rng: Generator
    ) -> tuple[Tensor, ObservedWindow, Tensor]:
        """A detector's possible output for joints (B, T, 17, 3) in camera axes: input and truth of the kept windows.

        The third value (B,) is True for the windows that are kept.
        """
        noise = self.config.noise
        if not self.errors or not bool(uniform((), 0, 1, rng) < self.config.detector_noise_share):
            view = observe(joints)
            all_windows = torch.ones(len(joints), dtype=torch.bool, device=joints.device)
            return corrupt(view.clean, positions, WINDOW, noise, rng), view, all_windows
        bank = self.errors[int(torch.randint(len(self.errors), (), generator=rng, device=rng.device))]
        rays, score = bank.sample(project(joints), stride, rng)
        score = cut_off(rays, drop_points(score, noise, rng), noise.cut_off, rng)
        keep = well_seen(score)
        normalized, view = observe_footage(rays[keep], score[keep], joints[keep])
        return normalized.x, view, keep


class BodySource(CaptureSource):
    """Motion capture with rotations, on free bodies of random shape."""

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
            raise InputError(f"{folder} holds no rotations (*_rot.npy), which training on bodies needs")
        spans = [slice(int(row["offset"]), int(row["offset"]) + int(row["n_frames"])) for row in packed.rows]
        steps = np.concatenate([packed.rotations[span] for span in spans]).astype(np.float32)
        axis_angles = steps * np.float32(ROTATION_STEP)
        assert model.phenotype is not None  # the free body has one
        draws = np.random.default_rng(config.seed)
        shapes = np.stack([model.phenotype.sample(draws) for _ in range(SHAPES)])
        starts = np.cumsum([0, *(span.stop - span.start for span in spans)])
        own = [slice(int(first), int(last)) for first, last in itertools.pairwise(starts)]
        missing = missing_extension(axis_angles, own, self.subjects)
        self._missing = torch.from_numpy(missing.astype(np.float32)).to(device)  # (clips, 2)
        self._axis_angles = torch.from_numpy(axis_angles).to(device)  # (N, 22, 3)
        self._shapes = torch.from_numpy(shapes.astype(np.float32)).to(device)
        self._skeleton = BodyJoints(model).to(device)
        turns = turns_to_t_pose(self._skeleton.at_rest(self._shapes).cpu().double().numpy())
        self._turns = torch.from_numpy(turns.astype(np.float32)).to(device)  # (SHAPES, 24, 3, 3)

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `BatchSource`."""
        times = self.sampler.times(items, shape, self.config.speed, rng, self.config.motion.swing)
        before, after = self._rotations(times.before), self._rotations(times.after)
        # Neighbouring frames are close: linear interpolation between them is as good as spherical.
        rotations = rotation_6d_to_matrix(matrix_to_rotation_6d(before + (after - before) * times.share[..., None]))
        roots = times.interpolate(self.sampler.joints[:, :1])
        missing = self._missing[items]
        if coin_flip(rng):
            rotations, roots = mirror_rotations(rotations), roots * roots.new_tensor([-1.0, 1.0, 1.0])
            missing = missing.flip(-1)
        rotations, roots = vary_motion(rotations, roots, missing, self.config.motion, rng)
        which = torch.randint(SHAPES, (len(items),), generator=rng, device=rng.device)
        rotations = from_t_pose(rotations, self._turns[which][:, None])
        betas = self._shapes[which]
        joints = self._skeleton(rotations.flatten(0, 1), betas.repeat_interleave(shape.frames, 0)).unflatten(
            0, rotations.shape[:2]
        )
        joints = joints - joints[:, :, :1] + roots
        cameras = random_cameras(joints, self.config.camera, rng)
        x, view, keep = self._detect(cameras.to_camera_axes(joints), positions, shape.stride, rng)
        rotations = torch.cat([cameras.axes[:, :, None] @ rotations[:, :, :1], rotations[:, :, 1:]], 2)[keep]
        body = BodyLabels(rotate_pelvis(view.rotation, rotations), betas[keep])
        return Batch(x, view, positions, shape.stride, items[keep], body)

    def _rotations(self, frames: Tensor) -> Tensor:
        """(B, T, 24, 3, 3) of frames (B, T); the hands in their rest pose."""
        body = self._axis_angles[frames]
        hands = body.new_zeros(*body.shape[:2], len(SMPL24) - body.shape[2], 3)
        return axis_angle_to_matrix(torch.cat([body, hands], 2))


class BodyOrCaptureSource(BodySource):
    """Batches of bodies and batches of stretched skeletons, in random order."""

    def sample(self, items: Tensor, shape: WindowShape, positions: Tensor, rng: Generator) -> Batch:
        """As `BatchSource`."""
        if bool(uniform((), 0, 1, rng) < self.config.bodies):
            return super().sample(items, shape, positions, rng)
        return CaptureSource.sample(self, items, shape, positions, rng)


def open_capture(
    folder: Path, config: RecipeConfig, device: torch.device, errors: Sequence[ErrorBank] = ()
) -> CaptureSource:
    """Motion capture as the setting `bodies` wants it.

    Raises:
        InputError: as `read_mocap`, or bodies are wanted and there are no rotations.
    """
    return (BodyOrCaptureSource if config.bodies else CaptureSource)(folder, config, device, errors)
