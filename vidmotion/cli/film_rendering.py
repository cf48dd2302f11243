"""Drawing films, as `lift` and `render` do it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vidmotion.choices import Style, View
from vidmotion.cli.console import TerminalProgress, note

if TYPE_CHECKING:
    from vidmotion.types import Scene


@dataclass(frozen=True)
class FilmChoice:
    """What the user wants to see."""

    style: Style
    view: View
    body_model: Path | None


def advise_on_speed(film: FilmChoice) -> None:
    """Say how meshes would be drawn faster, where they would."""
    from vidmotion.rendering.raster import SPEED_UP, is_fast

    if film.style is not Style.skeleton and not is_fast():
        note(f"`pip install 'vidmotion[fast]'` would draw meshes {SPEED_UP} times faster")


def draw_film(scene: Scene, path: Path, video: Path | None, film: FilmChoice, progress: TerminalProgress) -> None:
    """Draw a scene to a file.

    Raises:
        VidmotionError: see `vidmotion.api.render`.
    """
    from vidmotion.api import render

    with progress.stage("render", scene.frame_count) as stage:
        advance = stage.advance
        render(scene, path, video, film.style, film.view, film.body_model, lambda done, total: advance(done))
