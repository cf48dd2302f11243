"""Puts a film together, frame by frame, in one pass over the video; holds one frame at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidmotion.errors import InputError, OutputError
from vidmotion.rendering.ink import Canvas
from vidmotion.rendering.layout import BACKGROUND, Layout, caption, lay_out, legend, put_picture
from vidmotion.rendering.overlay import draw_person
from vidmotion.rendering.skeleton import Figure, draw_panel
from vidmotion.rendering.stage import Stage, set_stage
from vidmotion.skeletons import by_name, convert
from vidmotion.types import Floats, Keypoints2D, Person, Scene
from vidmotion.video import Frame, Video, VideoWriter, open_video
from vidmotion.worlds import heading, one_world

Progress = Callable[[int, int | None], None]

LATEST = 1e9
"""Seconds; a start after that is no time."""


def render(scene: Scene, path: Path, video: Path | None = None, progress: Progress | None = None) -> None:
    """Draw a scene as an H.264 MP4 with the timing of the video.

    Args:
        video: the video that the scene was made from; without it the film shows the 3D view alone.
        progress: called after each frame with the number done and, if known, the number of all.

    Raises:
        VideoError: the video cannot be read.
        InputError: the video is not the one that the scene was made from.
        OutputError: the film cannot be written, or would replace the video.
    """
    if video is not None and _is_same_file(path, video):
        raise OutputError(f"{path}: is the input itself; choose another name")
    film = _Film.of(scene, lay_out(None if video is None else scene.size))
    if video is None:
        first, end = _tracked(scene)
        _write(film, path, _blank_frames(scene, first, end), end, progress)
        return
    with open_video(video, _start(scene)) as source:
        _check_same(scene, source)
        _write(film, path, iter(source), scene.frame_count, progress)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _tracked(scene: Scene) -> tuple[int, int]:
    """The first frame in which somebody is tracked, and the one after the last; all frames if nobody is."""
    tracks = [person.track for person in scene.people]
    if not tracks:
        return 0, scene.frame_count
    first, last = min(int(track.frames[0]) for track in tracks), max(int(track.frames[-1]) for track in tracks)
    return max(first, 0), min(last + 1, scene.frame_count)


def _blank_frames(scene: Scene, first: int, end: int) -> Iterator[Frame]:
    """Frames without a picture, at the times that the tracks know; straight lines between them."""
    known = {
        int(frame): float(time)
        for person in scene.people
        for frame, time in zip(person.track.frames, person.track.times, strict=True)
    }
    frames = sorted(known)
    times = [known[frame] for frame in frames]
    blank = np.empty((0, 0, 3), np.uint8)
    for index in range(first, end):
        yield Frame(index, float(np.interp(index, frames, times) if known else index / scene.fps), blank)


def _write(film: _Film, path: Path, frames: Iterator[Frame], end: int, progress: Progress | None) -> None:
    with VideoWriter(path, film.scene.fps, film.layout.size) as writer:
        first: Frame | None = None
        for frame in frames:
            if frame.index >= end:
                break
            first = first or frame
            writer.write(film.draw(frame), frame.time - first.time)
            if progress is not None:
                progress(frame.index - first.index + 1, end - first.index)


def _start(scene: Scene) -> float | None:
    """Seconds from which on the video was analysed; provenance is a stranger's, and what is no time is ignored."""
    settings = scene.provenance.get("settings")
    start = settings.get("start") if isinstance(settings, dict) else None
    if isinstance(start, bool) or not isinstance(start, int | float):
        return None
    return float(start) if 0 < start < LATEST else None


def _check_same(scene: Scene, video: Video) -> None:
    """A smaller or larger copy of the video is fine, one of another shape is another video."""
    width, height = video.size
    if abs(width * scene.size[1] - height * scene.size[0]) > 0.05 * width * scene.size[1]:
        raise InputError(
            f"{video.path}: is {width}x{height}, but the scene was made from {scene.source} with "
            f"{scene.size[0]}x{scene.size[1]}; name that video"
        )


@dataclass(frozen=True, eq=False)
class _Role:
    """A person, ready to be drawn."""

    person: Person
    points: Keypoints2D
    """(T, 17, 2) pixels of the scene."""
    joints: Floats | None
    """(T, J, 3) metres in the one world of the film."""
    rows: dict[int, int]
    """Frame number to row."""


@dataclass(frozen=True, eq=False)
class _Film:
    """All that is fixed before the first frame is drawn."""

    scene: Scene
    layout: Layout
    stage: Stage
    roles: tuple[_Role, ...]

    @classmethod
    def of(cls, scene: Scene, layout: Layout) -> _Film:
        placements = one_world([person.motion for person in scene.people])
        roles = tuple(
            _Role(
                person,
                convert(person.track.keypoints, "h36m17"),
                None if person.motion is None or placement is None else placement.apply(person.motion.joints),
                {int(frame): row for row, frame in enumerate(person.track.frames)},
            )
            for person, placement in zip(scene.people, placements, strict=True)
        )
        lifted = [(role.person.track.frames, role.joints) for role in roles if role.joints is not None]
        start = next((heading(p.motion.camera) for p in scene.people if p.motion is not None), 0.0)
        stage = set_stage(
            [frames for frames, _ in lifted],
            [joints for _, joints in lifted],
            scene.frame_count,
            (layout.panel, layout.height),
            float(scene.fps),
            start,
        )
        return cls(scene, layout, stage, roles)

    def draw(self, frame: Frame) -> Canvas:
        """(H, W, 3) of the film."""
        width, height = self.layout.size
        canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
        present = [(role, role.rows[frame.index]) for role in self.roles if frame.index in role.rows]
        if self.layout.tile:
            picture = put_picture(canvas, self.layout, frame.rgb)
            scale = np.array(self.layout.picture) / np.array(self.scene.size)
            for role, row in present:
                points, track = role.points, role.person.track
                draw_person(picture, track.id, points.xy[row] * scale, points.score[row], bool(track.observed[row]))
        panel = draw_panel(self.stage, [figure for role, row in present for figure in _figure(role, row)], frame.index)
        legend(panel, self.layout, self.stage.grid_step)
        canvas[:, self.layout.tile :] = panel
        caption(canvas, self.layout, f"frame {frame.index}   {frame.time:.2f} s")
        return canvas


def _figure(role: _Role, row: int) -> Iterator[Figure]:
    """The person in 3D, if there is a motion."""
    motion = role.person.motion
    if motion is not None and role.joints is not None:
        yield Figure(role.person.id, role.joints[row], motion.confidence[row], by_name(motion.skeleton))
