"""One person's track to a `Motion`: frame rate, network, metres, floor.

Knows tracks, the network and placement; nothing about videos, detectors or files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vidmotion import place
from vidmotion.geometry import focal_length, frame_rate, resample, runs, to_rays
from vidmotion.model.dstformer import DSTformer
from vidmotion.model.framing import FRAME_RATE
from vidmotion.model.windows import lift_windows
from vidmotion.skeletons import convert
from vidmotion.types import Camera, Floats, Motion, Track

RATE_TOLERANCE = 0.15
"""Tracks whose rate lies this close are not resampled."""
DISAGREEMENT = 0.05
"""Distance of the two passes, in body sizes, that halves the confidence."""


@dataclass(frozen=True)
class LiftSettings:
    """How 2D becomes 3D."""

    flip: bool = True
    """Average with the mirrored input."""
    height: float = 1.70
    """Stature of every person in metres; one picture cannot tell a near child from a far adult."""
    fov: float = 55.0
    """Degrees that the camera sees along the picture's longer side."""


@dataclass(frozen=True, eq=False)
class _CameraMotion:
    joints: Floats
    """(T, 17, 3) metres in camera axes."""
    confidence: Floats
    """(T, 17)."""
    times: Floats
    """(T,) seconds."""


def lift_tracks(
    model: DSTformer,
    tracks: list[Track],
    size: tuple[int, int],
    settings: LiftSettings,
    advance: Callable[[int], None] = lambda frames: None,
) -> list[Motion]:
    """Lift every track and set all people on one level floor.

    Args:
        size: width and height of the picture in pixels.
        advance: told of the frames done over all tracks.

    Returns:
        A motion for each track. The worlds of all people share axes, origin and scale but for the height of the
        origin: each person's own feet are laid on y = 0, and each motion's camera accounts for it.
    """
    camera = Camera(focal_length(settings.fov, size), (size[0] / 2, size[1] / 2), np.eye(3), np.zeros(3))
    before, moved = 0, []
    for track in tracks:
        moved.append(_lift_track(model, track, camera, settings, _after(advance, before)))
        before += len(track)
    to_world = place.level([m.joints for m in moved], [m.times for m in moved])
    return _to_world(moved, to_world, camera, settings.height)


def _lift_track(
    model: DSTformer, track: Track, camera: Camera, settings: LiftSettings, advance: Callable[[int], None]
) -> _CameraMotion:
    keypoints = convert(track.keypoints, "h36m17")
    rays = to_rays(keypoints.xy.astype(np.float64), camera.focal, camera.center)
    rate = frame_rate(track.times, float(FRAME_RATE))
    pieces = runs(track.frames)
    poses, doubts = [], []
    for run in pieces:
        pose, doubt = _lift_run(
            model,
            rays[run],
            keypoints.score[run],
            track.times[run],
            settings.flip,
            _after(advance, run.start),
        )
        poses.append(place.even_size(pose, rate))
        doubts.append(doubt)
    pose, doubt = place.to_metres(np.concatenate(poses), settings.height), np.concatenate(doubts)
    roots = [place.place_root(pose[run], rays[run], keypoints.score[run], rate) for run in pieces]
    confidence = keypoints.score / (1 + (doubt / DISAGREEMENT) ** 2)
    return _CameraMotion(pose + np.concatenate(roots)[:, None], confidence, track.times)


def _after(advance: Callable[[int], None], done: int) -> Callable[[int], None]:
    """`advance` for a part of the work that begins when `done` frames are done."""
    return lambda frames: advance(done + frames)


def _lift_run(
    model: DSTformer, rays: Floats, score: Floats, times: Floats, flip: bool, advance: Callable[[int], None]
) -> tuple[Floats, Floats]:
    """Pose (T, 17, 3) and disagreement (T, 17) of one unbroken run, at its own frame times."""
    steps = np.diff(times)
    near = np.abs(steps * FRAME_RATE - 1) < RATE_TOLERANCE
    if len(times) < 2 or near.all():
        lifted = lift_windows(model, rays, score, flip, advance)
        return lifted.joints, lifted.disagreement
    count = max(2, round((times[-1] - times[0]) * FRAME_RATE) + 1)
    grid = np.linspace(times[0], times[-1], count)
    at = np.interp(grid, times, np.arange(len(times)))
    seen = np.minimum(score[np.floor(at).astype(int)], score[np.ceil(at).astype(int)])
    share = len(times) / count
    lifted = lift_windows(model, resample(rays, times, grid), seen, flip, lambda n: advance(round(n * share)))
    return resample(lifted.joints, grid, times), resample(lifted.disagreement, grid, times).clip(0)


def _to_world(moved: list[_CameraMotion], to_world: Floats, camera: Camera, height: float) -> list[Motion]:
    motions: list[Motion] = []
    start: Floats | None = None
    for person in moved:
        joints = person.joints @ to_world.T
        floor = place.floor_height(joints, height, person.times)
        if start is None:
            start = joints[0, 0]
        origin = np.array([start[0], floor, start[2]])
        motions.append(
            Motion(
                (joints - origin).astype(np.float32),
                person.confidence.astype(np.float32),
                "h36m17",
                place.world_camera(to_world, origin, camera.focal, camera.center),
                height,
            )
        )
    return motions
