"""Puts a film together, frame by frame, in one pass over the video; holds one frame at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vidmotion.choices import Style, View
from vidmotion.errors import InputError, OutputError
from vidmotion.geometry.alignment import heading
from vidmotion.rendering.action_strip import draw_strip, strip_height
from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.frames import Source, open_source
from vidmotion.rendering.layout import BACKGROUND, Layout, caption, lay_out, lay_out_alone, legend, put_picture
from vidmotion.rendering.mesh_shading import Mesh
from vidmotion.rendering.overlay import draw_people
from vidmotion.rendering.panel3d import draw_panel
from vidmotion.rendering.people import Role, cast
from vidmotion.rendering.viewport import Stage, Sweep, set_stage
from vidmotion.types import Scene
from vidmotion.video import Frame, VideoWriter

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, eq=False)
class Look:
    """What a film shows."""

    style: Style = Style.skeleton
    view: View = View.turn
    meshes: Mapping[int, Mesh] = field(default_factory=dict)
    """By the person's id; needed by the styles that show meshes, ignored by the other."""


def render(
    scene: Scene,
    path: Path,
    video: Path | None = None,
    progress: Progress | None = None,
    look: Look | None = None,
) -> None:
    """Draw a scene as an H.264 MP4 with the timing of the video.

    Args:
        video: the video that the scene was made from. Without it the film shows the 3D view alone; in the view
            `camera`, the people before a plain ground.
        progress: called after each frame with the number done and, if known, the number of all.
        look: None draws skeletons in the turning view.

    Raises:
        VideoError: the video cannot be read.
        InputError: the video is not the one that the scene was made from, or there are people and no mesh to draw.
        OutputError: the film cannot be written, or would replace the video.
    """
    look = look or Look()
    if video is not None and _is_same_file(path, video):
        raise OutputError(f"{path}: is the input itself; choose another name")
    if look.style is not Style.skeleton and scene.people and not look.meshes:
        raise InputError(
            f"the motion of {scene.source} holds no bodies to draw in the style {look.style}; "
            "run `vidmotion lift` again, or choose the style skeleton"
        )
    film = _Film.of(scene, look, video is not None)
    with open_source(scene, video) as source:
        _write(film, path, source, progress)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _write(film: _Film, path: Path, source: Source, progress: Progress | None) -> None:
    with VideoWriter(path, film.scene.fps, film.layout.size) as writer:
        first: Frame | None = None
        for frame in source.frames:
            if frame.index >= source.end:
                break
            first = first or frame
            span = first.time, source.end / float(film.scene.fps)
            writer.write(film.draw(frame, span), frame.time - first.time)
            if progress is not None:
                progress(frame.index - first.index + 1, source.end - first.index)


@dataclass(frozen=True, eq=False)
class _Film:
    """All that is fixed before the first frame is drawn."""

    scene: Scene
    style: Style
    layout: Layout
    stage: Stage
    roles: tuple[Role, ...]

    @classmethod
    def of(cls, scene: Scene, look: Look, filmed: bool) -> _Film:
        alone = look.view is View.camera
        layout = lay_out_alone(scene.size) if alone else lay_out(scene.size if filmed else None)
        layout = replace(layout, strip=strip_height(scene.people, layout.letters))
        roles = cast(scene, {} if look.style is Style.skeleton else look.meshes)
        lifted = [(role.person.track.frames, role.joints) for role in roles if role.joints is not None]
        start = next((heading(p.motion.camera) for p in scene.people if p.motion is not None), 0.0)
        stage = set_stage(
            [frames for frames, _ in lifted],
            [joints for _, joints in lifted],
            scene.frame_count,
            (layout.panel, layout.height),
            float(scene.fps),
            Sweep.of(look.view, start),
        )
        return cls(scene, look.style, layout, stage, roles)

    def draw(self, frame: Frame, span: tuple[float, float]) -> Canvas:
        """(H, W, 3) of the film, which shows these seconds of the video."""
        width, height = self.layout.size
        whole = np.full((height, width, 3), BACKGROUND, np.uint8)
        canvas, strip = np.split(whole, [self.layout.height])
        actors = [actor for role in self.roles if (actor := role.play(frame.index)) is not None]
        if self.layout.tile:
            picture = put_picture(canvas, self.layout, frame.rgb)
            draw_people(picture, actors, np.array(self.layout.picture) / np.array(self.scene.size), self.style)
        if self.layout.panel:
            figures = [actor.figure for actor in actors if actor.figure is not None]
            panel = draw_panel(self.stage, figures, frame.index, self.style)
            legend(panel, self.layout, self.stage.grid_step, sides=self.style is not Style.mesh)
            canvas[:, self.layout.tile :] = panel
            caption(canvas, self.layout, f"frame {frame.index}   {frame.time:.2f} s")
        if self.layout.strip:
            draw_strip(strip, self.scene.people, span, frame.time, self.layout.letters)
        return whole
