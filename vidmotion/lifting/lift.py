"""One person's track to a `Motion`, and what other heads say of it: frame rate, network, metres, floor.

Knows tracks, the network and placement; nothing about videos, detectors or files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from vidmotion.body.fitting import BodyGuess
from vidmotion.geometry.camera import focal_length, to_rays
from vidmotion.geometry.filters import frame_rate, resample, runs
from vidmotion.geometry.rotations_torch import nearest
from vidmotion.lifting import ground, scale, trajectory
from vidmotion.model.network import MotionNetwork
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.model.windows import Reading, read_windows
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
class Lifted:
    """What the networks say of one track."""

    motion: Motion
    reading: Reading
    """Of each frame of the track; the pelvis turned in the motion's world."""

    @property
    def guess(self) -> BodyGuess | None:
        """The body that a head for meshes has told."""
        turns, betas = self.reading.turns, self.reading.betas
        return None if turns is None or betas is None else BodyGuess(turns, betas)


@dataclass(frozen=True, eq=False)
class CameraMotion:
    """One person before the camera, not yet set on a floor."""

    joints: Floats
    """(T, 17, 3) metres in camera axes."""
    confidence: Floats
    """(T, 17)."""
    times: Floats
    """(T,) seconds."""
    reading: Reading
    """The pelvis turned in camera axes."""


def lift_tracks(
    networks: Sequence[MotionNetwork],
    tracks: list[Track],
    size: tuple[int, int],
    settings: LiftSettings,
    heads: Sequence[str] = (),
    advance: Callable[[int], None] = lambda frames: None,
) -> list[Lifted]:
    """Lift every track and set all people on one level floor.

    Args:
        networks: each head is asked of the first that has it; one must lift.
        size: width and height of the picture in pixels.
        heads: those that are asked beside that for 3D joints, as in `read_windows`.
        advance: told of the frames done over all tracks.

    Returns:
        One for each track. The worlds of all people share axes, origin and scale but for the height of the
        origin: each person's own feet are laid on y = 0, and each motion's camera accounts for it.
    """
    camera = _camera(size, settings)
    moved = before_camera(networks, tracks, size, settings, heads, advance)
    to_world = ground.level([m.joints for m in moved], [m.times for m in moved])
    return _to_world(moved, to_world, camera, settings.height)


def before_camera(
    networks: Sequence[MotionNetwork],
    tracks: list[Track],
    size: tuple[int, int],
    settings: LiftSettings,
    heads: Sequence[str] = (),
    advance: Callable[[int], None] = lambda frames: None,
) -> list[CameraMotion]:
    """Lift every track, in camera axes; arguments as those of `lift_tracks`."""
    before, moved, camera = 0, [], _camera(size, settings)
    for track in tracks:
        moved.append(_lift_track(networks, track, camera, settings, heads, _after(advance, before)))
        before += len(track)
    return moved


def _camera(size: tuple[int, int], settings: LiftSettings) -> Camera:
    return Camera(focal_length(settings.fov, size), (size[0] / 2, size[1] / 2), np.eye(3), np.zeros(3))


def _lift_track(
    networks: Sequence[MotionNetwork],
    track: Track,
    camera: Camera,
    settings: LiftSettings,
    heads: Sequence[str],
    advance: Callable[[int], None],
) -> CameraMotion:
    keypoints = convert(track.keypoints, "h36m17")
    rays = to_rays(keypoints.xy.astype(np.float64), camera.focal, camera.center)
    rate = frame_rate(track.times, float(FRAME_RATE))
    pieces = runs(track.frames)
    readings = [
        _read_run(
            networks,
            rays[run],
            keypoints.score[run],
            track.times[run],
            settings.flip,
            heads,
            _after(advance, run.start),
        )
        for run in pieces
    ]
    reading = _joined(readings)
    poses = np.concatenate([scale.even_size(one.joints, rate) for one in readings])
    pose = scale.to_metres(poses, settings.height)
    roots = [_place(pose[run], rays[run], keypoints.score[run], rate) for run in pieces]
    confidence = keypoints.score / (1 + (reading.disagreement / DISAGREEMENT) ** 2)
    return CameraMotion(pose + np.concatenate(roots)[:, None], confidence, track.times, reading)


def _place(pose: Floats, rays: Floats, score: Floats, rate: float) -> Floats:
    return trajectory.hold_feet(trajectory.place_root(pose, rays, score, rate), pose, rays, score, rate)


def _after(advance: Callable[[int], None], done: int) -> Callable[[int], None]:
    """`advance` for a part of the work that begins when `done` frames are done."""
    return lambda frames: advance(done + frames)


def _read_run(
    networks: Sequence[MotionNetwork],
    rays: Floats,
    score: Floats,
    times: Floats,
    flip: bool,
    heads: Sequence[str],
    advance: Callable[[int], None],
) -> Reading:
    """What the heads say of one unbroken run, at its own frame times."""
    steps = np.diff(times)
    near = np.abs(steps * FRAME_RATE - 1) < RATE_TOLERANCE
    if len(times) < 2 or near.all():
        return read_windows(networks, rays, score, heads, flip, advance)
    count = max(2, round((times[-1] - times[0]) * FRAME_RATE) + 1)
    grid = np.linspace(times[0], times[-1], count)
    at = np.interp(grid, times, np.arange(len(times)))
    seen = np.minimum(score[np.floor(at).astype(int)], score[np.ceil(at).astype(int)])
    share = len(times) / count
    rays = resample(rays, times, grid)
    return _resampled(read_windows(networks, rays, seen, heads, flip, lambda n: advance(round(n * share))), grid, times)


def _resampled(reading: Reading, times: Floats, wanted: Floats) -> Reading:
    """What was said at `times`, at the times that are wanted."""

    def at(values: Floats | None) -> Floats | None:
        return None if values is None else resample(values, times, wanted)

    turns = at(reading.turns)
    return Reading(
        resample(reading.joints, times, wanted),
        resample(reading.disagreement, times, wanted).clip(0),
        None if turns is None else nearest(torch.from_numpy(turns)).numpy(),
        reading.betas,
        at(reading.action),
        at(reading.embedding),
    )


def _joined(readings: list[Reading]) -> Reading:
    """Readings of runs as one: one after the other; one shape for all."""

    def each(name: str) -> Floats | None:
        values = [getattr(one, name) for one in readings]
        return None if values[0] is None else np.concatenate(values)

    frames = [len(one.joints) for one in readings]
    shapes = [one.betas for one in readings if one.betas is not None]
    return Reading(
        np.concatenate([one.joints for one in readings]),
        np.concatenate([one.disagreement for one in readings]),
        each("turns"),
        np.average(shapes, axis=0, weights=frames) if shapes else None,
        each("action"),
        each("embedding"),
    )


def _to_world(moved: list[CameraMotion], to_world: Floats, camera: Camera, height: float) -> list[Lifted]:
    lifted: list[Lifted] = []
    start: Floats | None = None
    for person in moved:
        joints = person.joints @ to_world.T
        floor = ground.floor_height(joints, height, person.times)
        if start is None:
            start = joints[0, 0]
        origin = np.array([start[0], floor, start[2]])
        motion = Motion(
            (joints - origin).astype(np.float32),
            person.confidence.astype(np.float32),
            "h36m17",
            ground.world_camera(to_world, origin, camera.focal, camera.center),
            height,
        )
        lifted.append(Lifted(motion, _turned(person.reading, to_world)))
    return lifted


def _turned(reading: Reading, to_world: Floats) -> Reading:
    if reading.turns is None:
        return reading
    turns = reading.turns.copy()
    turns[:, 0] = to_world @ turns[:, 0]
    return replace(reading, turns=turns)
