"""2D keypoints that other programs wrote, as a scene of tracks that can be lifted: no detector runs.

The points come from `vidmotion.io.keypoints`, the times and the size from the video or from the caller. Identities are
those of the file if it has them, else of our own tracker. Missing frames stay missing; short gaps are filled and marked
as for our own detectors. Does not depend on the format of the file.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

import vidmotion
from vidmotion.choices import FRAME_RATES
from vidmotion.detectors.base import Detection
from vidmotion.errors import InputError, NobodyFoundError
from vidmotion.io.keypoints import KeypointFile, PersonInFrame, read_keypoint_file
from vidmotion.io.keypoints.json_input import refuse_bad_content
from vidmotion.io.keypoints.raw_keypoints import exact_frame_rate
from vidmotion.io.keypoints.skeleton_matching import Layout, find_layout
from vidmotion.settings import as_bool, as_count, as_number, as_path
from vidmotion.tracking.plausibility import Dropped, split_plausible
from vidmotion.tracking.tracker import Tracker
from vidmotion.tracking.tracks import FrameTimes, make_track
from vidmotion.types import Floats, Person, Scene, Track
from vidmotion.video.reader import open_video

PIXEL_LIMIT = 2.0
"""If all coordinates are below, they are normalized or metres, and not pixels."""

People = list[tuple[int | None, Detection]]
"""The people of one frame: identity, if the file has it, and points."""


@dataclass(frozen=True, kw_only=True)
class KeypointDescription:
    """What the caller knows of a keypoint file and the file does not contain.

    Raises:
        InputError: a value is of the wrong kind or out of range; the message names it and says what is wanted.
    """

    skeleton: str | None = None
    """Name of the skeleton of the points; None takes what the file or its format's documentation states."""
    fps: float | None = None
    """True frames per second; None takes those of the video or of the file."""
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels; None takes those of the video or of the file."""
    first_frame: int = 0
    """The number that the file gives to the first frame of the video."""
    start: float | None = None
    """Seconds; frames before are left out."""
    end: float | None = None
    """Seconds; frames from then on are left out."""

    def __post_init__(self) -> None:
        if self.fps is not None:
            self._set("fps", as_number("fps", self.fps, *FRAME_RATES, "frames/s"))
        if self.size is not None:
            self._set("size", _as_size(self.size))
        self._set("first_frame", as_count("first_frame", self.first_frame, 0))
        for name in ("start", "end"):
            value = getattr(self, name)
            self._set(name, None if value is None else as_number(name, value, 0.0, math.inf, "seconds"))
        if self.end is not None and self.end <= (self.start or 0.0):
            raise InputError(f"`end` {self.end:g} is not after `start` {self.start or 0.0:g}")

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class _VideoInfo:
    """What is known of the video."""

    name: str
    frame_times: FrameTimes
    fps: Fraction
    size: tuple[int, int]
    stretch: tuple[float, float] = (1.0, 1.0)
    """Factors of x and y that make the pixels in which the points are given square."""
    offset: float = 0.0
    """Seconds from the start of the file to the first frame."""
    file_fps: Fraction | None = None
    """Frames per second that the video's file states; None without a video."""


def read_keypoints(
    path: str | PathLike[str],
    video: str | PathLike[str] | None = None,
    *,
    skeleton: str | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    first_frame: int = 0,
    start: float | None = None,
    end: float | None = None,
    keep_uncertain: bool = False,
) -> Scene:
    """The people of a keypoint file or folder of another program: a scene with 2D tracks, which `lift` takes.

    Args:
        path: a file of AlphaPose, COCO, DeepLabCut, mmpose, MediaPipe, Sports2D, Ultralytics, VideoPose3D or vidmotion,
            or a folder of OpenPose's JSON, of Sports2D's TRC files or of Ultralytics' labels.
        video: the video that the keypoints were found in; it gives the times of the frames and the size. Without it
            `fps` and `size` are needed, unless the file has them.
        skeleton: name of the skeleton of the points; None takes what the file or its format's documentation states.
        fps: frames per second of the video; with `video`, its true frame rate where the file states another one.
        size: width and height of the picture in pixels.
        first_frame: the number that the file gives to the first frame of the video.
        start: seconds; frames before are left out.
        end: seconds; frames from then on are left out.
        keep_uncertain: keep tracks that seem to show nobody too, such as static clutter. Those that are dropped are
            listed in `Scene.provenance`; the others keep the identities of the file.

    Raises:
        InputError: the file is missing, unknown or damaged, an argument cannot be used, or one more is needed.
        VideoError: the video cannot be read.
        NobodyFoundError: nobody is in the file for long enough.
    """
    source = as_path("path", path)
    description = KeypointDescription(
        skeleton=skeleton, fps=fps, size=size, first_frame=first_frame, start=start, end=end
    )
    keep = as_bool("keep_uncertain", keep_uncertain)
    content = read_keypoint_file(source)
    if isinstance(content, Scene):
        if description != KeypointDescription():
            raise InputError(
                f"{source}: a file of vidmotion contains its skeleton, frame rate, size and section; leave these "
                "arguments out"
            )
        return content
    return _to_scene(source, content, None if video is None else as_path("video", video), description, keep)


def _as_size(size: Any) -> tuple[int, int]:
    try:
        width, height = size
    except (TypeError, ValueError):
        raise InputError(f"`size` {size!r}: wanted width and height in pixels, such as (1280, 720)") from None
    return as_count("size", width, 1), as_count("size", height, 1)


def _to_scene(
    path: Path, content: KeypointFile, video: Path | None, description: KeypointDescription, keep_uncertain: bool
) -> Scene:
    people = [one for one in content.people if (one.points[:, 2] > 0).any()]
    if not people:
        raise NobodyFoundError(f"{path}: nobody is in it")
    info = None if video is None else _read_video_info(video, description.fps)
    with refuse_bad_content(path):
        layout = find_layout(
            content.format_name,
            len(people[0].points),
            content.point_names,
            content.documented_skeletons,
            description.skeleton,
        )
        numbers = _count_from_0(people, description.first_frame)
        if info is None:
            info = _info_without_video(path.name, content, description, numbers)
        _check_last_frame(numbers, info)
        info = _cut(info, description.start, description.end)
        frames = _people_by_frame(people, numbers, layout, content.is_normalized, info)
    from_file = _have_identities(frames.values())
    make_tracks = _tracks_by_identity if from_file else _tracks_by_tracker
    tracks = make_tracks(frames, layout.skeleton, info)
    if not tracks:
        raise NobodyFoundError(f"{path}: nobody is in it for half a second")
    dropped: list[Dropped] = []
    if not keep_uncertain:
        tracks, dropped = split_plausible(tracks, info.size, renumber=not from_file)
    if not tracks:
        raise NobodyFoundError(
            f"{path}: nobody who is certain is in it; dropped: {dropped[0]}; keep such tracks with "
            "`keep_uncertain=True`"
        )
    provenance = {
        "program": f"vidmotion {vidmotion.__version__}",
        "keypoints": {
            "file": path.name,
            "format": content.format_name,
            "identities": "file" if from_file else "tracker",
        },
        "settings": {
            "start": description.start,
            "end": description.end,
            "fps": description.fps,
            **({} if description.fps is None or info.file_fps is None else {"file_fps": float(info.file_fps)}),
            "keep_uncertain": keep_uncertain,
        },
        **({"dropped": [str(one) for one in dropped]} if dropped else {}),
    }
    count = int(info.frame_times.frames[-1]) + 1
    return Scene(info.name, info.fps, info.size, count, tuple(map(Person, tracks)), provenance, offset=info.offset)


def _count_from_0(people: list[PersonInFrame], first: int) -> list[int]:
    """The frame number of each person, counted from the first frame of the video."""
    numbers = [one.frame - first for one in people]
    if min(numbers) < 0:
        raise InputError(f"has a frame {min(numbers) + first}, which is before `first_frame={first}`")
    return numbers


def _read_video_info(video: Path, true_fps: float | None) -> _VideoInfo:
    with open_video(video, fps=true_fps) as opened:
        fps, size, times = opened.fps, opened.size, np.array(opened.times())
        frame_times = FrameTimes(np.arange(len(times)), times, float(1 / fps))
        return _VideoInfo(opened.name, frame_times, fps, size, opened.stretch, opened.offset, opened.file_fps)


def _info_without_video(
    name: str, content: KeypointFile, description: KeypointDescription, numbers: list[int]
) -> _VideoInfo:
    """What is known without a video: the frames from the first one with people to the last one."""
    fps = content.fps if description.fps is None else exact_frame_rate(description.fps)
    size = description.size or content.size
    if fps is None or size is None:
        lacking = " and ".join(text for text, value in (("`fps`", fps), ("`size`", size)) if value is None)
        raise InputError(f"does not contain everything that is needed; name its video, or pass {lacking}")
    frames = np.arange(min(numbers), max(numbers) + 1)
    return _VideoInfo(name, FrameTimes(frames, frames / float(fps), float(1 / fps)), fps, size)


def _check_last_frame(numbers: list[int], info: _VideoInfo) -> None:
    last = int(info.frame_times.frames[-1])
    if max(numbers) > last:
        raise InputError(
            f"has a frame {max(numbers)}, but {info.name} ends with frame {last}, counted from 0; is it another "
            "video, or does the file count from 1 (`first_frame=1`)?"
        )


def _cut(info: _VideoInfo, start: float | None, end: float | None) -> _VideoInfo:
    """The same video without the frames before `start` and from `end` on."""
    times = info.frame_times.times
    kept = (times >= (start or 0.0)) & (times < (np.inf if end is None else end))
    if not kept.any():
        raise InputError(f"has nothing from {start or 0:g} s on; it ends at {times[-1]:.2f} s")
    frame_times = FrameTimes(info.frame_times.frames[kept], times[kept], info.frame_times.last_duration)
    return _VideoInfo(info.name, frame_times, info.fps, info.size, info.stretch, info.offset, info.file_fps)


def _people_by_frame(
    people: list[PersonInFrame], numbers: list[int], layout: Layout, is_normalized: bool, info: _VideoInfo
) -> dict[int, People]:
    wanted = set(info.frame_times.frames.tolist())
    scale = np.array(info.size if is_normalized else info.stretch, dtype=float)
    frames: dict[int, People] = defaultdict(list)
    farthest = 0.0
    for one, number in zip(people, numbers, strict=True):
        points = layout.select(one.points, one.frame)
        farthest = max(farthest, float(np.abs(points[:, :2]).max()))
        if number in wanted and (points[:, 2] > 0).any():
            frames[number].append((one.person_id, _to_detection(points, scale, info.size)))
    if not is_normalized and farthest < PIXEL_LIMIT:
        raise InputError(
            "its points are not in pixels, because all lie at the corner; write pixels (OpenPose: --keypoint_scale 0)"
        )
    return frames


def _to_detection(points: Floats, scale: Floats, size: tuple[int, int]) -> Detection:
    """A detection from points (J, 3). Missing points lie at the center of the others, where they disturb least."""
    xy, score = points[:, :2] * scale, points[:, 2]
    present = score > 0
    low, high = xy[present].min(0), xy[present].max(0)
    xy = np.where(present[:, None], xy, (low + high) / 2)
    box = np.concatenate([low, high]).clip(0, [*size, *size])
    return Detection(xy.astype(np.float32), score.astype(np.float32), box.astype(np.float32))


def _have_identities(frames: Iterable[People]) -> bool:
    """Whether everybody has an identity and no two people of a frame have the same one."""
    for people in frames:
        ids = [person_id for person_id, _ in people]
        if None in ids or len(set(ids)) < len(ids):
            return False
    return True


def _tracks_by_identity(frames: dict[int, People], skeleton: str, info: _VideoInfo) -> list[Track]:
    """Tracks by the identities of the file; people who are in it too briefly are left out."""
    detections: dict[int, dict[int, Detection]] = defaultdict(dict)
    for number in sorted(frames):
        for person_id, detection in frames[number]:
            assert person_id is not None  # `_have_identities` has checked it
            detections[person_id][number] = detection
    return [
        make_track(person_id, list(by_frame), list(by_frame.values()), info.frame_times, skeleton)
        for person_id, by_frame in sorted(detections.items())
        if info.frame_times.is_long_enough(list(by_frame))
    ]


def _tracks_by_tracker(frames: dict[int, People], skeleton: str, info: _VideoInfo) -> list[Track]:
    tracker = Tracker(info.fps, skeleton)
    for number, time in zip(info.frame_times.frames.tolist(), info.frame_times.times.tolist(), strict=True):
        tracker.update(number, time, [detection for _, detection in frames.get(number, [])])
    return tracker.finish()
