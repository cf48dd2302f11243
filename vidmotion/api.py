"""The verbs of the public API that need more than one room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vidmotion.choices import Style, View
from vidmotion.types import Scene

if TYPE_CHECKING:
    from vidmotion.rendering import Mesh

# Rooms are imported where they are needed: drawing skeletons loads no torch.


def detect(video: Path | str, **settings: Any) -> Scene:
    """The people of a video in 2D: a scene whose people have tracks and no motion.

    Args:
        settings: fields of `Settings`, such as `detector="blazepose-heavy"`.

    Raises:
        VidmotionError: see `Pipeline.detect`.
    """
    from vidmotion.pipeline import Pipeline, Settings

    return Pipeline(Settings(**settings)).detect(video)


def lift(source: Path | str | Scene, **settings: Any) -> Scene:
    """The people of a video, or of a scene that `detect` made, in 3D.

    Args:
        settings: fields of `Settings`, such as `lift=LiftSettings(height=1.82)`.

    Raises:
        VidmotionError: see `Pipeline.lift`.
    """
    from vidmotion.pipeline import Pipeline, Settings

    return Pipeline(Settings(**settings)).lift(source)


def render(
    scene: Scene,
    path: Path | str,
    video: Path | str | None = None,
    style: Style | str = Style.skeleton,
    view: View | str = View.turn,
    body_model: Path | str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> None:
    """Draw a scene as an H.264 mp4: the people over the video, beside a 3D view of them.

    Args:
        video: the file that the scene was made of; None draws the 3D view alone.
        style: skeleton, mesh, or both: a half transparent mesh with the skeleton over it.
        view: turn circles the people, side stands at right angles to the video's camera, camera leaves the 3D view
            out.
        body_model: the file of the model that the bodies were made with; None is the free body.
        progress: called after each frame with the number done and, if known, the number of all.

    Raises:
        VideoError: the video cannot be read.
        InputError: the scene has no bodies to draw as meshes, or they belong to another model.
        OutputError: the file cannot be written.
    """
    from vidmotion.rendering import Look
    from vidmotion.rendering import render as draw

    style = Style(style)
    meshes = {} if style is Style.skeleton else _meshes(scene, None if body_model is None else Path(body_model))
    draw(scene, Path(path), None if video is None else Path(video), progress, Look(style, View(view), meshes))


def _meshes(scene: Scene, body_model: Path | None) -> dict[int, Mesh]:
    """The meshes of all people who have a body, by id."""
    from vidmotion.body.load import load_body
    from vidmotion.body.posed import PosedBody

    model = load_body(body_model)
    return {person.id: PosedBody(model, person.body) for person in scene.people if person.body is not None}
