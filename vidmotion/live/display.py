"""What a live session shows: the picture with its people, and beside it the same people in 3D."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vidmotion.choices import Style, View
from vidmotion.live.session import Moment
from vidmotion.live.sources import Shots
from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.layout import BACKGROUND, caption, lay_out, legend, put_picture
from vidmotion.rendering.overlay import draw_people
from vidmotion.rendering.panel3d import draw_panel
from vidmotion.rendering.skeleton3d import Figure
from vidmotion.rendering.viewport import Stage, Sweep

REACH, TOP = 1.2, 2.0
"""Metres around the middle, and above the floor, that are shown at least."""
STRAYS = 0.5
"""Metres by which people leave the middle before the view follows."""
RATE_SETTLES = 0.1
"""Share by which each frame moves the frame rate that is told."""


class LiveView:
    """Draws moments one after the other."""

    def __init__(self, shots: Shots, view: View = View.turn) -> None:
        self._size = shots.size
        self.layout = lay_out(shots.size)
        sweep = Sweep.of(view, 0.0)
        size = self.layout.panel, self.layout.height
        self._stage = Stage(size, float(shots.fps), sweep, np.zeros((1, 2)), REACH, TOP)
        self._before: float | None = None
        self._rate = 0.0

    def draw(self, moment: Moment) -> Canvas:
        """(H, W, 3) of a size that stays the same."""
        width, height = self.layout.size
        canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
        picture = put_picture(canvas, self.layout, moment.frame.rgb)
        draw_people(picture, moment.actors, np.array(self.layout.picture) / np.array(self._size), Style.skeleton)
        self._follow(moment.figures)
        turned = round(moment.frame.time * self._stage.fps)
        panel = draw_panel(self._stage, moment.figures, turned, Style.skeleton)
        legend(panel, self.layout, self._stage.grid_step, sides=True)
        canvas[:, self.layout.tile :] = panel
        caption(canvas, self.layout, self._told(moment))
        return canvas

    def _follow(self, figures: list[Figure]) -> None:
        if not figures:
            return
        places = np.stack([figure.joints[0, [0, 2]] for figure in figures])
        middle = (places.min(0) + places.max(0)) / 2
        needed = REACH + float(np.linalg.norm(places - middle, axis=1).max())
        strayed = np.linalg.norm(middle - self._stage.center[0]) > STRAYS
        if strayed or needed > self._stage.radius + STRAYS:
            self._stage = replace(self._stage, center=middle[None], radius=needed)

    def _told(self, moment: Moment) -> str:
        now = moment.frame.time
        if self._before is not None and now > self._before:
            rate = 1 / (now - self._before)
            self._rate = rate if not self._rate else self._rate + RATE_SETTLES * (rate - self._rate)
        self._before = now
        told = f"{now:.1f} s   {self._rate:.0f} frames/s   {1000 * moment.late:.0f} ms"
        return told if moment.late_3d is None else f"{told}   3D {1000 * moment.late_3d:.0f} ms"
