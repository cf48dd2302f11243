"""Draws a film frame by frame, in one pass over the video; holds one frame in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import numpy as np

from vidmotion.choices import Style, View
from vidmotion.errors import InputError, OutputError
from vidmotion.geometry.alignment import heading
from vidmotion.rendering.action_strip import draw_strip, strip_height
from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.frames import FilmFrames, open_frames
from vidmotion.rendering.layout import BACKGROUND, Layout, caption, lay_out, lay_out_alone, legend, place_picture
from vidmotion.rendering.mesh_shading import Mesh
from vidmotion.rendering.overlay import draw_people
from vidmotion.rendering.panel3d import draw_panel
from vidmotion.rendering.people import PersonTrack, people_of
from vidmotion.rendering.viewport import CameraOrbit, Viewport, fit_viewport
from vidmotion.types import Scene
from vidmotion.video import Frame, VideoWriter

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, eq=False)
class FilmOptions:
    """How a film is drawn."""

    style: Style = Style.skeleton
    view: View = View.turn
    meshes: Mapping[int, Mesh] = field(default_factory=dict)
    """By the person's id. Needed for the styles that show meshes, ignored for the style skeleton."""


def render(
    scene: Scene,
    path: Path,
    video: Path | None = None,
    progress: Progress | None = None,
    options: FilmOptions | None = None,
) -> None:
    """Draw a scene as an H.264 MP4 with the timing of the video.

    Args:
        video: the video that the scene was made from. Without it the film shows the 3D view alone, or, in the view
            `camera`, the people on a plain background, as people who are not lifted always are.
        progress: called after each frame with the number of frames done and, if known, of all frames.
        options: None draws skeletons and a 3D view that turns.

    Raises:
        VideoError: the video cannot be read.
        InputError: the video is not the one that the scene was made from, or the style needs meshes and there are none.
        OutputError: the film cannot be written, or would replace the video itself.
    """
    options = options or FilmOptions()
    if video is not None and _is_same_file(path, video):
        raise OutputError(f"{path}: is the input itself; choose another name")
    if options.style is not Style.skeleton and scene.people and not options.meshes:
        raise InputError(
            f"the motion of {scene.source} holds no bodies to draw in the style {options.style}; "
            "run `vidmotion lift` again, or pass `style=skeleton`"
        )
    film = _Film.of(scene, options, video is not None)
    with open_frames(scene, video) as frames:
        _write(film, path, frames, progress)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _write(film: _Film, path: Path, frames: FilmFrames, progress: Progress | None) -> None:
    first = next(frames.frames, None)
    with ExitStack() as opened:
        sound = None if first is None else frames.sound(first.time)
        if sound is not None:
            opened.callback(sound.close)
        writer = opened.enter_context(VideoWriter(path, film.scene.fps, film.layout.size, sound=sound))
        if first is None:
            return
        span = first.time, frames.end / float(film.scene.fps)
        for frame in chain([first], frames.frames):
            if frame.index >= frames.end:
                break
            writer.write(film.draw(frame, span), frame.time - first.time)
            if progress is not None:
                progress(frame.index - first.index + 1, frames.end - first.index)


@dataclass(frozen=True, eq=False)
class _Film:
    """What stays the same in all frames of a film."""

    scene: Scene
    style: Style
    layout: Layout
    viewport: Viewport | None
    """None: the picture alone."""
    people: tuple[PersonTrack, ...]

    @classmethod
    def of(cls, scene: Scene, options: FilmOptions, has_video: bool) -> _Film:
        only_2d = bool(scene.people) and all(person.motion is None for person in scene.people)
        picture_only = only_2d or options.view is View.camera
        layout = lay_out_alone(scene.size) if picture_only else lay_out(scene.size if has_video else None)
        layout = replace(layout, strip=strip_height(scene.people, layout.text_size))
        people = people_of(scene, {} if options.style is Style.skeleton else options.meshes)
        viewport = None if picture_only else _viewport(scene, people, (layout.panel, layout.height), options.view)
        return cls(scene, options.style, layout, viewport, people)

    def draw(self, frame: Frame, span: tuple[float, float]) -> Canvas:
        """One frame of the film, (H, W, 3).

        Args:
            span: seconds of the video at which the film begins and ends.
        """
        width, height = self.layout.size
        whole = np.full((height, width, 3), BACKGROUND, np.uint8)
        canvas, strip = np.split(whole, [self.layout.height])
        people = [one for track in self.people if (one := track.at_frame(frame.index)) is not None]
        if self.layout.tile:
            picture = place_picture(canvas, self.layout, frame.rgb)
            draw_people(picture, people, np.array(self.layout.picture) / np.array(self.scene.size), self.style)
        if self.viewport is not None:
            people_3d = [one.in_3d for one in people if one.in_3d is not None]
            panel = draw_panel(self.viewport, people_3d, frame.index, self.style)
            bones = self.style is not Style.mesh
            errors = bones and any(person.expected_error is not None for person in people_3d)
            legend(panel, self.layout, self.viewport.grid_step, sides=bones, errors=errors)
            canvas[:, self.layout.tile :] = panel
            caption(canvas, self.layout, f"frame {frame.index}   {frame.time:.2f} s")
        if self.layout.strip:
            draw_strip(strip, self.scene.people, span, frame.time, self.layout.text_size)
        return whole


def _viewport(scene: Scene, people: tuple[PersonTrack, ...], size: tuple[int, int], view: View) -> Viewport:
    lifted = [(one.person.track.frames, one.joints) for one in people if one.joints is not None]
    start = next((heading(p.motion.camera.at(0)) for p in scene.people if p.motion is not None), 0.0)
    return fit_viewport(
        [frames for frames, _ in lifted],
        [joints for _, joints in lifted],
        scene.frame_count,
        size,
        float(scene.fps),
        CameraOrbit.for_view(view, start),
    )
