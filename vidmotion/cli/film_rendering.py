"""Drawing films, as `lift` and `render` do it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vidmotion.choices import Style, View
from vidmotion.cli.console import note

if TYPE_CHECKING:
    from vidmotion.progress import Progress
    from vidmotion.types import Scene


@dataclass(frozen=True)
class FilmChoice:
    """What the user wants to see."""

    style: Style
    view: View
    body_model: Path | None
    person: int | None = None
    """Its id; None for everybody."""


def advise_on_speed(film: FilmChoice) -> None:
    """Say how meshes would be drawn faster, where numba is missing."""
    from vidmotion.rendering.raster import SPEED_UP, has_numba

    if film.style is not Style.skeleton and not has_numba():
        note(f"`pip install numba` would draw meshes {SPEED_UP} times faster")


def draw_film(scene: Scene, path: Path, video: Path | None, film: FilmChoice, progress: Progress) -> None:
    """Draw a scene to a file.

    Raises:
        VidmotionError: see `vidmotion.api.render`.
    """
    from vidmotion.api import render

    with progress.task("render", scene.frame_count) as task:
        render(
            scene,
            path,
            video=video,
            style=film.style,
            view=film.view,
            person=film.person,
            body_model=film.body_model,
            progress=lambda done, total: task.advance(done),
        )
