"""From one person's track to a `Motion` and the outputs of other heads.

Converts the frame rate, runs the networks, scales to metres and sets the person on the floor. Does not depend on
videos, detectors or files.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch

from vidmotion.body.fitting import InitialBody
from vidmotion.geometry.camera import focal_length
from vidmotion.geometry.filters import frame_rate, resample, unbroken_runs
from vidmotion.geometry.rotations_torch import nearest_rotation
from vidmotion.geometry.vectors import unit
from vidmotion.lifting import ground, heights, scale, trajectory
from vidmotion.lifting.heights import Height
from vidmotion.model.head_set import HeadSet
from vidmotion.model.normalization import FRAME_RATE
from vidmotion.model.windows import Points, TrackOutput, run_windows
from vidmotion.settings import LiftSettings
from vidmotion.skeletons import convert
from vidmotion.types import Camera, CameraMotion, Floats, Motion, Track

RATE_TOLERANCE = 0.15
"""Tracks whose frame rate differs from the training rate by less than this share are not resampled."""
DISAGREEMENT = 0.05
"""Distance between the two passes, as a share of the body's size, that halves the confidence."""


@dataclass(frozen=True, eq=False)
class LiftedTrack:
    """One track in 3D."""

    motion: Motion
    output: TrackOutput
    """For each frame of the track; the pelvis rotated into the motion's world."""

    @property
    def guess(self) -> InitialBody | None:
        """The body given by the head for meshes, if that was asked for."""
        rotations, betas = self.output.rotations, self.output.betas
        return None if rotations is None or betas is None else InitialBody(rotations, betas)


@dataclass(frozen=True, eq=False)
class CameraSpaceMotion:
    """One person as the camera sees it, not yet set on a floor, in axes that do not turn with the camera.

    They begin at the camera, which is taken not to be carried along; those of a known camera are those of its world.
    """

    joints: Floats
    """(T, 17, 3) metres."""
    confidence: Floats
    """(T, 17) in 0..1."""
    times: Floats
    """(T,) seconds."""
    output: TrackOutput
    """For each frame; the pelvis in the same axes."""
    camera: Camera
    """In these axes."""

    @property
    def from_camera(self) -> Floats:
        """(T, 17, 3) metres, the joints from the camera on."""
        moved: Floats = self.joints - self.camera.position.reshape(-1, 1, 3)
        return moved


@dataclass(frozen=True, eq=False)
class _SizelessMotion:
    """One person's poses, whose size is not known yet, and where in the picture they are."""

    pose: Floats
    """(T, 17, 3) in camera axes; the person has the height 1, up to bones that change over time."""
    rays: Floats
    """(T, 17, 2) points of the plane z = 1 in camera axes."""
    score: Floats
    """(T, 17) in 0..1."""
    runs: list[slice]
    """Frames without a gap."""
    rate: float
    """Frames per second."""
    confidence: Floats
    """(T, 17) in 0..1."""
    times: Floats
    """(T,) seconds."""
    output: TrackOutput
    """For each frame; the pelvis in the axes of a `CameraSpaceMotion`."""
    camera: Camera
    """In these axes."""

    def with_height(self, height: float) -> CameraSpaceMotion:
        """The person with a height in metres, where the points in the picture then are."""
        pose = scale.scale_to_height(self.pose, height)
        joints = [
            _placed(pose[run], self.rays[run], self.score[run], self.rate, self.camera.part(run)) for run in self.runs
        ]
        return CameraSpaceMotion(np.concatenate(joints), self.confidence, self.times, self.output, self.camera)


def lift_tracks(
    head_set: HeadSet,
    tracks: list[Track],
    size: tuple[int, int],
    settings: LiftSettings,
    heads: Sequence[str] = (),
    advance: Callable[[int], None] = lambda frames: None,
    cuts: Sequence[int] = (),
    camera_motion: CameraMotion | None = None,
    known_camera: Camera | None = None,
) -> list[LiftedTrack]:
    """Lift every track and set all people of a shot on one level floor.

    Args:
        head_set: its heads include one for 3D joints.
        tracks: none of them spans a cut.
        size: width and height of the picture in pixels.
        heads: the heads to run beside that for 3D joints, as in `run_windows`.
        advance: called with the number of frames done, over all tracks.
        cuts: frame numbers, rising, at which a new shot begins, with a camera that stands elsewhere.
        camera_motion: for the settings' field of view (`CameraMotion.focal`); None for a camera that stands still.
        known_camera: in a world with Y up and the floor at y = 0, still or for all frames of the video. It is used as
            it is, instead of `camera_motion` and the settings' field of view.

    Returns:
        One for each track. The worlds of all people of a shot share axes, origin and scale except for the height of
        the origin: each person is set on y = 0, but for those who clearly stand higher, and each motion's camera
        accounts for it. With a known camera all are in its world, on the floor or not.
    """
    still = Camera.at_origin(lift_focal(size, settings), size) if known_camera is None else known_camera
    cameras = [_camera_of(track, still, camera_motion) for track in tracks]
    people = _lift_all(head_set, tracks, cameras, settings, heads, advance)
    stated = [heights.stated(track.id, settings.height, settings.heights) for track in tracks]
    shots: dict[int, list[int]] = {}
    for row, track in enumerate(tracks):
        shots.setdefault(bisect_right(cuts, int(track.frames[0])), []).append(row)
    lifted: dict[int, LiftedTrack] = {}
    for rows in shots.values():
        together = _set_together([people[row] for row in rows], [stated[row] for row in rows], known_camera is not None)
        lifted.update(zip(rows, together, strict=True))
    return [lifted[row] for row in range(len(tracks))]


def lift_to_camera_space(
    head_set: HeadSet, tracks: list[Track], size: tuple[int, int], settings: LiftSettings
) -> list[CameraSpaceMotion]:
    """Lift every track in the axes of a camera that stands still; arguments as those of `lift_tracks`."""
    camera = Camera.at_origin(lift_focal(size, settings), size)
    people = _lift_all(head_set, tracks, [camera] * len(tracks), settings, (), lambda frames: None)
    return [person.with_height(settings.height) for person in people]


def _camera_of(track: Track, camera: Camera, camera_motion: CameraMotion | None) -> Camera:
    """The camera in the frames of a track."""
    if camera.moves:
        return camera.part(track.frames)
    if camera_motion is not None and camera_motion.moves:
        return camera_motion.camera(track.frames, camera.center)
    return camera


def _lift_all(
    head_set: HeadSet,
    tracks: list[Track],
    cameras: list[Camera],
    settings: LiftSettings,
    heads: Sequence[str],
    advance: Callable[[int], None],
) -> list[_SizelessMotion]:
    people = [_Seen.by(camera, track) for track, camera in zip(tracks, cameras, strict=True)]
    total = sum(map(len, tracks))
    points = [run.points for person in people for run in person.runs]
    outputs = iter(run_windows(head_set, points, heads, settings.flip, lambda share: advance(round(share * total))))
    return [_without_size(person, [run.at_own_times(next(outputs)) for run in person.runs]) for person in people]


def lift_focal(size: tuple[int, int], settings: LiftSettings) -> float:
    """Pixels; the focal length of the settings' field of view, for pictures of a size."""
    return focal_length(settings.fov, size)


def _mean_up(motions: list[CameraSpaceMotion]) -> Floats:
    """(3,) the mean of the camera's up direction, over all frames in which somebody is seen."""
    ups = [one.camera.turn_to_world(np.broadcast_to(ground.CAMERA_UP, (len(one.joints), 3))) for one in motions]
    mean: Floats = unit(np.concatenate(ups).mean(0))
    return mean


@dataclass(frozen=True, eq=False)
class _SeenRun:
    """2D joints of a person without a gap, for the networks."""

    points: Points
    times: Floats
    """(T,) seconds of the frames of the video."""
    grid: Floats | None
    """Seconds of the points; None are those of the frames."""

    @classmethod
    def of(cls, rays: Floats, score: Floats, times: Floats) -> Self:
        """Rays (T, 17, 2) and scores (T, 17), resampled if the frame rate is not that of the training."""
        steps = np.diff(times)
        if len(times) < 2 or (np.abs(steps * FRAME_RATE - 1) < RATE_TOLERANCE).all():
            return cls(Points(rays, score), times, None)
        grid = np.linspace(times[0], times[-1], max(2, round((times[-1] - times[0]) * FRAME_RATE) + 1))
        at = np.interp(grid, times, np.arange(len(times)))
        seen = np.minimum(score[np.floor(at).astype(int)], score[np.ceil(at).astype(int)])
        return cls(Points(resample(rays, times, grid), seen), times, grid)

    def at_own_times(self, output: TrackOutput) -> TrackOutput:
        """The networks' output for the frames of the video."""
        return output if self.grid is None else _resampled(output, self.grid, self.times)


@dataclass(frozen=True, eq=False)
class _Seen:
    """A person in the picture."""

    track: Track
    camera: Camera
    rays: Floats
    """(T, 17, 2) points of the plane z = 1 in camera axes."""
    score: Floats
    """(T, 17) in 0..1."""
    parts: list[slice]
    """Frames without a gap."""
    runs: list[_SeenRun]
    """Of the parts."""

    @classmethod
    def by(cls, camera: Camera, track: Track) -> Self:
        """A track, seen by a camera."""
        keypoints = convert(track.keypoints, "h36m17")
        rays, score = camera.to_rays(keypoints.xy.astype(np.float64)), keypoints.score
        parts = unbroken_runs(track.frames, track.times)
        runs = [_SeenRun.of(rays[part], score[part], track.times[part]) for part in parts]
        return cls(track, camera, rays, score, parts, runs)


def _without_size(person: _Seen, outputs: list[TrackOutput]) -> _SizelessMotion:
    """A person's motion from the outputs for the runs."""
    track, camera, score = person.track, person.camera, person.score
    rate = frame_rate(track.times, float(FRAME_RATE))
    output = _joined(outputs)
    pose = np.concatenate([scale.normalize_size(one.joints, rate) for one in outputs])
    confidence = score / (1 + (output.disagreement / DISAGREEMENT) ** 2)
    output = _rotated(output, camera.rotation.swapaxes(-1, -2))
    return _SizelessMotion(pose, person.rays, score, person.parts, rate, confidence, track.times, output, camera)


def _placed(pose: Floats, rays: Floats, score: Floats, rate: float, camera: Camera) -> Floats:
    """Joints (T, 17, 3) of an unbroken run in axes that do not turn with the camera, from poses in camera axes."""
    root = trajectory.place_root(pose, rays, score, rate)
    plane = camera.turn_to_world(np.concatenate([rays, np.ones((*rays.shape[:2], 1))], -1))
    turned = camera.turn_to_world(pose)
    eye = np.broadcast_to(camera.position, root.shape)
    path = trajectory.pin_standing_feet(camera.to_world(root), turned, plane, score, root[:, 2], rate, eye)
    return turned + path[:, None]


def _resampled(output: TrackOutput, times: Floats, wanted: Floats) -> TrackOutput:
    """Outputs at `times`, interpolated to the times that are wanted."""

    def at(values: Floats | None) -> Floats | None:
        return None if values is None else resample(values, times, wanted)

    rotations = at(output.rotations)
    return TrackOutput(
        resample(output.joints, times, wanted),
        resample(output.disagreement, times, wanted).clip(0),
        None if rotations is None else nearest_rotation(torch.from_numpy(rotations)).numpy(),
        output.betas,
        at(output.action_features),
        at(output.embedding_features),
        at(output.error),
    )


def _joined(outputs: list[TrackOutput]) -> TrackOutput:
    """The outputs of several runs, one after the other, with one shape for all."""

    def each(name: str) -> Floats | None:
        values = [getattr(one, name) for one in outputs]
        return None if values[0] is None else np.concatenate(values)

    frames = [len(one.joints) for one in outputs]
    shapes = [one.betas for one in outputs if one.betas is not None]
    return TrackOutput(
        np.concatenate([one.joints for one in outputs]),
        np.concatenate([one.disagreement for one in outputs]),
        each("rotations"),
        np.average(shapes, axis=0, weights=frames) if shapes else None,
        each("action_features"),
        each("embedding_features"),
        each("error"),
    )


def _set_together(people: list[_SizelessMotion], stated: list[Height], camera_is_known: bool) -> list[LiftedTrack]:
    """The people of a shot in its world, with the heights that the floor tells where none was given."""
    motions = [person.with_height(height.metres) for person, height in zip(people, stated, strict=True)]
    to_world = np.eye(3) if camera_is_known else _level(motions)
    found = heights.from_floor(stated, [_standing(one, to_world) for one in motions], camera_is_known)
    if found != stated:
        motions = [
            motion if height == before else person.with_height(height.metres)
            for person, motion, height, before in zip(people, motions, found, stated, strict=True)
        ]
        to_world = to_world if camera_is_known else _level(motions)
    raised: list[Floats] = [one.joints @ to_world.T for one in motions]
    origins = np.zeros((len(motions), 3)) if camera_is_known else _origins(motions, raised, found)
    lifted = []
    for person, joints, origin, height in zip(motions, raised, origins, found, strict=True):
        motion = Motion(
            (joints - origin).astype(np.float32),
            person.confidence.astype(np.float32),
            "h36m17",
            ground.world_camera(to_world, origin, person.camera),
            height.metres,
            height_source=height.source,
            expected_error=None
            if person.output.error is None
            else (person.output.error * height.metres).astype(np.float32),
        )
        lifted.append(LiftedTrack(motion, _rotated(person.output, to_world)))
    return lifted


def _level(motions: list[CameraSpaceMotion]) -> Floats:
    return ground.level([one.joints for one in motions], [one.times for one in motions], _mean_up(motions))


def _standing(motion: CameraSpaceMotion, to_world: Floats) -> heights.Standing:
    """Where a person and the camera are, in level axes."""
    eye = np.atleast_2d(motion.camera.position) @ to_world.T
    return heights.Standing(motion.from_camera @ to_world.T, eye, motion.times)


def _origins(motions: list[CameraSpaceMotion], raised: list[Floats], found: list[Height]) -> Floats:
    """(P, 3) the origin of each person's world: below the start of the first one, on the own floor."""
    floors = ground.shared_floor(
        [
            ground.floor_height(joints, height.metres, one.times)
            for joints, height, one in zip(raised, found, motions, strict=True)
        ],
        [len(joints) for joints in raised],
        [float(np.median(np.linalg.norm(one.from_camera[:, 0], axis=-1))) for one in motions],
    )
    start = raised[0][0, 0]
    return np.array([[start[0], floor, start[2]] for floor in floors])


def _rotated(output: TrackOutput, to_world: Floats) -> TrackOutput:
    """The output with the pelvis rotated into the world, by (3, 3) or (T, 3, 3)."""
    if output.rotations is None:
        return output
    rotations = output.rotations.copy()
    rotations[:, 0] = to_world @ rotations[:, 0]
    return replace(output, rotations=rotations)
