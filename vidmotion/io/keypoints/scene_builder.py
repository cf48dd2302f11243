"""What a file of keypoints says, with the times and the size of its video: a scene of tracks.

Identities are the file's where it has them, else our own tracker's. Frames that are missing stay missing; short gaps
are filled and marked as those of our own detector. Knows no format.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

import vidmotion
from vidmotion.detectors.base import Detection
from vidmotion.errors import InputError, NobodyFoundError
from vidmotion.io.keypoints.json_input import told_plainly
from vidmotion.io.keypoints.raw_keypoints import Found, Seen, exact_rate
from vidmotion.io.keypoints.skeleton_matching import Layout, find_layout
from vidmotion.tracking import Clock, Tracker, make_track
from vidmotion.types import Floats, Person, Scene, Track
from vidmotion.video.reader import open_video

NO_PIXELS = 2.0
"""Points that all lie so near to the corner are shares of the picture or metres."""


@dataclass(frozen=True)
class Told:
    """What the user says of a file that does not tell it itself."""

    skeleton: str | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels."""
    first_frame: int = 0
    """The number that the file gives to the video's first frame."""
    start: float | None = None
    """Seconds; people before are left out."""
    end: float | None = None

    def __post_init__(self) -> None:
        if self.size is not None and min(self.size) < 1:
            raise InputError(f"wanted a picture's width and height, received {self.size}")
        if self.first_frame < 0:
            raise InputError(f"wanted a first frame of 0 or more, received {self.first_frame}")


@dataclass(frozen=True, eq=False)
class _Footage:
    """What is known of the video."""

    name: str
    clock: Clock
    fps: Fraction
    size: tuple[int, int]


People = list[tuple[int | None, Detection]]
"""Of one frame: identity and points."""


def make_scene(path: Path, found: Found, video: Path | None, told: Told) -> Scene:
    """The scene of a file.

    Raises:
        InputError: something is missing or does not fit.
        VideoError: the video cannot be read.
        NobodyFoundError: nobody is seen for long enough.
    """
    seen = [one for one in found.seen if (one.points[:, 2] > 0).any()]
    if not seen:
        raise NobodyFoundError(f"{path}: nobody is in it")
    footage = None if video is None else _of_video(video)
    with told_plainly(path):
        layout = find_layout(found.form, len(seen[0].points), found.names, found.documented, told.skeleton)
        numbers = _counted_from_0(seen, told.first_frame)
        if footage is None:
            footage = _without_video(path.name, found, told, numbers)
        _check_within(numbers, footage)
        footage = _section(footage, told.start, told.end)
        frames = _by_frame(seen, numbers, layout, found.is_share, footage)
    from_file = _have_identities(frames.values())
    tracks = _kept_apart(frames, layout.skeleton, footage) if from_file else _followed(frames, layout.skeleton, footage)
    if not tracks:
        raise NobodyFoundError(f"{path}: nobody is in it for half a second")
    provenance = {
        "program": f"vidmotion {vidmotion.__version__}",
        "keypoints": {"file": path.name, "format": found.form, "identities": "file" if from_file else "tracker"},
        "settings": {"start": told.start, "end": told.end},
    }
    count = int(footage.clock.frames[-1]) + 1
    return Scene(footage.name, footage.fps, footage.size, count, tuple(map(Person, tracks)), provenance)


def _counted_from_0(seen: list[Seen], first: int) -> list[int]:
    numbers = [one.frame - first for one in seen]
    if min(numbers) < 0:
        raise InputError(f"has a frame {min(numbers) + first}, which lies before --first-frame {first}")
    return numbers


def _of_video(video: Path) -> _Footage:
    with open_video(video) as opened:
        fps, size, times = opened.fps, opened.size, np.array(opened.times())
    return _Footage(video.name, Clock(np.arange(len(times)), times, float(1 / fps)), fps, size)


def _without_video(name: str, found: Found, told: Told, numbers: list[int]) -> _Footage:
    """What is known then: the frames from the first with somebody to the last."""
    fps = found.fps if told.fps is None else exact_rate(told.fps)
    size = told.size or found.size
    if fps is None or size is None:
        lacking = [text for text, value in (("--fps 30", fps), ("--size 1280x720", size)) if value is None]
        raise InputError(f"does not tell enough; name the video too, or say {' and '.join(lacking)}")
    frames = np.arange(min(numbers), max(numbers) + 1)
    return _Footage(name, Clock(frames, frames / float(fps), float(1 / fps)), fps, size)


def _check_within(numbers: list[int], footage: _Footage) -> None:
    last = int(footage.clock.frames[-1])
    if max(numbers) > last:
        raise InputError(
            f"has a frame {max(numbers)}, but {footage.name} ends with frame {last}, counted from 0; is it another "
            "video, or does the file count from 1 (--first-frame 1)?"
        )


def _section(footage: _Footage, start: float | None, end: float | None) -> _Footage:
    """The same footage, frames before start and from end on left out."""
    times = footage.clock.times
    kept = (times >= (start or 0.0)) & (times < (np.inf if end is None else end))
    if not kept.any():
        raise InputError(f"has nothing from {start or 0:g} s on; it ends at {times[-1]:.2f} s")
    clock = Clock(footage.clock.frames[kept], times[kept], footage.clock.last)
    return _Footage(footage.name, clock, footage.fps, footage.size)


def _by_frame(
    seen: list[Seen], numbers: list[int], layout: Layout, is_share: bool, footage: _Footage
) -> dict[int, People]:
    wanted = set(footage.clock.frames.tolist())
    scale = np.array(footage.size if is_share else (1, 1), dtype=float)
    frames: dict[int, People] = defaultdict(list)
    far = 0.0
    for one, number in zip(seen, numbers, strict=True):
        points = layout.take(one.points, one.frame)
        far = max(far, float(np.abs(points[:, :2]).max()))
        if number in wanted and (points[:, 2] > 0).any():
            frames[number].append((one.person, _detection(points, scale, footage.size)))
    if not is_share and far < NO_PIXELS:
        raise InputError(
            "its points are no pixels, as all lie at the corner; write pixels (OpenPose: --keypoint_scale 0)"
        )
    return frames


def _detection(points: Floats, scale: Floats, size: tuple[int, int]) -> Detection:
    """One person of one frame; missing points lie in the middle of the others, where they least disturb tracking."""
    xy, score = points[:, :2] * scale, points[:, 2]
    there = score > 0
    low, high = xy[there].min(0), xy[there].max(0)
    xy = np.where(there[:, None], xy, (low + high) / 2)
    box = np.concatenate([low, high]).clip(0, [*size, *size])
    return Detection(xy.astype(np.float32), score.astype(np.float32), box.astype(np.float32))


def _have_identities(frames: Iterable[People]) -> bool:
    """Whether everybody has an identity and no two people of a frame have the same."""
    for people in frames:
        ids = [person for person, _ in people]
        if None in ids or len(set(ids)) < len(ids):
            return False
    return True


def _kept_apart(frames: dict[int, People], skeleton: str, footage: _Footage) -> list[Track]:
    """Tracks by the file's identities; those who are seen too briefly are left out."""
    seen: dict[int, dict[int, Detection]] = defaultdict(dict)
    for number in sorted(frames):
        for person, detection in frames[number]:
            assert person is not None  # everybody has an identity
            seen[person][number] = detection
    return [
        make_track(person, list(places), list(places.values()), footage.clock, skeleton)
        for person, places in sorted(seen.items())
        if footage.clock.long_enough(list(places))
    ]


def _followed(frames: dict[int, People], skeleton: str, footage: _Footage) -> list[Track]:
    tracker = Tracker(footage.fps, skeleton)
    for number, time in zip(footage.clock.frames.tolist(), footage.clock.times.tolist(), strict=True):
        tracker.update(number, time, [detection for _, detection in frames.get(number, [])])
    return tracker.finish()
