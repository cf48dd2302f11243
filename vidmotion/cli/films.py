"""Drawing films, as `lift` and `render` do it: what the user chose, the bar, and a word on speed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vidmotion.choices import Style, View
from vidmotion.cli.console import TerminalProgress

if TYPE_CHECKING:
    from vidmotion.types import Scene


@dataclass(frozen=True)
class FilmChoice:
    """What the user wants to see."""

    style: Style
    view: View
    body_model: Path | None


def draw_film(scene: Scene, path: Path, video: Path | None, choice: FilmChoice, progress: TerminalProgress) -> None:
    """Draw a scene to a file.

    Raises:
        VidmotionError: see `vidmotion.api.render`.
    """
    from vidmotion.api import render
    from vidmotion.rendering import raster

    if choice.style is not Style.skeleton and not raster.is_fast():
        progress.say(f"`pip install 'vidmotion[fast]'` draws meshes {raster.SPEED_UP} times faster")
    with progress.stage("render", scene.frame_count) as stage:
        advance = stage.advance
        render(scene, path, video, choice.style, choice.view, choice.body_model, lambda done, total: advance(done))
