"""Errors of any lifter on held-out motion capture, with reproducible cameras and noise, and on held-out footage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vidmotion.data.augment import CameraRange, NoiseRange, ObservedWindow, corrupt, observe, random_cameras
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.mocap import Mocap
from vidmotion.evaluate.breakdown import break_down
from vidmotion.evaluate.metrics import acceleration_error, auc, joint_errors, n_mpjpe, p_mpjpe, pck, velocity_error
from vidmotion.evaluate.report import ClipErrors
from vidmotion.model.dstformer import DSTformer
from vidmotion.model.head_set import HeadSet
from vidmotion.model.network import POSE3D, MotionNetwork
from vidmotion.model.normalization import mirror

Lifter = Callable[[Tensor], Tensor]
"""(B, T, 17, 3) x, y, confidence to 3D (B, T, 17, 3), both normalised."""

WINDOW = 243
METRICS = {
    "mpjpe": "mm",
    "p_mpjpe": "mm",
    "n_mpjpe": "mm",
    "velocity": "mm a frame",
    "acceleration": "mm a frame^2",
    "pck": "% within 150 mm",
    "auc": "%",
}
"""The metrics and their units; 30 frames a second."""


@dataclass(frozen=True)
class Errors:
    """Means over all frames of all clips, millimetres."""

    mpjpe: float
    p_mpjpe: float
    velocity: float
    """Millimetres a frame, at 30 frames/s."""


def collect(
    lifter: Lifter, mocap: Mocap, noise: NoiseRange | None, views: int = 3, seed: int = 7, window: int = WINDOW
) -> list[ClipErrors]:
    """Errors of a lifter over every clip, each seen by `views` random cameras.

    Scale and depth of the root are taken from the truth, as in the Human3.6M protocol of 2.5D methods.

    Args:
        noise: errors added to the 2D points; None measures on exact points.
        window: the most frames that the lifter takes at once.
    """
    rng, found = Generator().manual_seed(seed), []
    for index, clip in enumerate(mocap.clips):
        for piece in torch.split(mocap.clip(index), window):
            if len(piece) < 2:
                continue
            x, view = simulate(piece, views, noise, rng, window)
            found += _errors(lifter(x), view, [index] * views, [clip.label] * views)
    return found


def simulate(
    piece: Tensor, views: int, noise: NoiseRange | None, rng: Generator, window: int = WINDOW
) -> tuple[Tensor, ObservedWindow]:
    """Input and truth for joints (T, 17, 3) in the world, seen by random cameras; without noise the input is exact."""
    joints = piece[None].expand(views, -1, -1, -1)
    view = observe(random_cameras(joints, CameraRange(), rng).to_camera_axes(joints))
    if noise is None:
        return torch.cat([view.clean, torch.ones_like(view.clean[..., :1])], -1), view
    return corrupt(view.clean, torch.arange(len(piece)), window, noise, rng), view


def collect_footage(lifter: Lifter, footage: FootageSampler, batch: int = 8, window: int = WINDOW) -> list[ClipErrors]:
    """Errors of a lifter over all people of a store whom the detector saw, from the detector's points.

    Scale and depth of the root are taken from the truth, as in `collect`.
    """
    found = []
    for people, part in parts(footage, batch, window):
        windows = footage.all_frames(people, part)
        normalized, view = observe_footage(windows.rays, windows.score, windows.joints)
        clips, labels = [footage.clips[person] for person in people], [footage.labels[person] for person in people]
        found += _errors(lifter(normalized.x), view, clips, labels)
    return found


def parts(footage: FootageSampler, batch: int, window: int) -> Iterator[tuple[range, slice]]:
    """All frames of all people: at most `batch` people and `window` frames at once."""
    for people in footage.batches(batch):
        for start in range(0, footage.length, window):
            yield people, slice(start, start + window)


def _errors(predicted: Tensor, view: ObservedWindow, clips: list[int], labels: list[str]) -> list[ClipErrors]:
    predicted, truth = predicted * view.metres, view.target * view.metres
    joints = joint_errors(predicted, truth)
    frames = {
        "mpjpe": 1000 * joints.mean(-1),
        "p_mpjpe": 1000 * p_mpjpe(predicted, truth),
        "n_mpjpe": 1000 * n_mpjpe(predicted, truth),
        "velocity": 1000 * velocity_error(predicted, truth),
        "acceleration": 1000 * acceleration_error(predicted, truth),
        "pck": 100 * pck(joints),
        "auc": 100 * auc(joints),
    }
    return [
        ClipErrors(
            clip,
            label,
            {name: values[row] for name, values in frames.items()},
            1000 * joints[row],
            break_down(predicted[row], truth[row], frames["mpjpe"][row]),
        )
        for row, (clip, label) in enumerate(zip(clips, labels, strict=True))
    ]


def measure(lifter: Lifter, mocap: Mocap, noise: NoiseRange | None, views: int = 3, seed: int = 7) -> Errors:
    """The means of `collect`."""
    return means(collect(lifter, mocap, noise, views, seed))


def measure_footage(lifter: Lifter, footage: FootageSampler, batch: int = 8) -> Errors:
    """The means of `collect_footage`."""
    return means(collect_footage(lifter, footage, batch))


def means(errors: list[ClipErrors]) -> Errors:
    """Means over all frames."""
    names = ("mpjpe", "p_mpjpe", "velocity")
    return Errors(*(float(torch.cat([one.frames[name] for one in errors]).double().mean()) for name in names))


def network_lifter(model: DSTformer, flip: bool = True) -> Lifter:
    """A DSTformer as a lifter; with `flip`, the mean of the plain and the mirrored pass."""
    head_set = HeadSet([MotionNetwork(model)])

    @torch.inference_mode()
    def run(x: Tensor) -> Tensor:
        poses = [each.pose3d for each in head_set.run(x, (POSE3D,), flip) if each.pose3d is not None]
        return ((poses[0] + mirror(poses[1])) / 2 if flip else poses[0]).to(x.device)

    return run
