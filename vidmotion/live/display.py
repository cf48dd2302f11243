"""The picture that a live session shows: the frame with its people, and beside it the same people in 3D."""

from __future__ import annotations

import numpy as np

from vidmotion.choices import Style, View
from vidmotion.live.session import LiveFrame
from vidmotion.live.sources import FrameSource
from vidmotion.rendering.drawing import Canvas
from vidmotion.rendering.layout import BACKGROUND, caption, lay_out, legend, place_picture
from vidmotion.rendering.overlay import draw_people
from vidmotion.rendering.panel3d import draw_panel
from vidmotion.rendering.skeleton3d import Person3D
from vidmotion.rendering.viewport import CameraOrbit, Viewport

LEAST_RADIUS, TOP = 1.2, 2.0
"""Metres around the center, at least, and above the floor, that are shown."""
FOLLOW_BEYOND = 0.5
"""Metres that people may move away from the center before the view follows them."""
RATE_SMOOTHING = 0.1
"""Weight of each new frame in the frame rate of the caption."""


class LiveView:
    """Draws the frames of a live session one after the other."""

    def __init__(self, source: FrameSource, view: View = View.turn) -> None:
        self._size = source.size
        self.layout = lay_out(source.size)
        orbit = CameraOrbit.for_view(view, 0.0)
        size = self.layout.panel, self.layout.height
        self._viewport = Viewport.around(size, float(source.fps), orbit, np.zeros(2), LEAST_RADIUS, TOP)
        self._previous_time: float | None = None
        self._rate = 0.0

    def draw(self, live: LiveFrame) -> Canvas:
        """The picture to show, (H, W, 3); its size is the same for all frames."""
        width, height = self.layout.size
        canvas = np.full((height, width, 3), BACKGROUND, np.uint8)
        picture = place_picture(canvas, self.layout, live.frame.rgb)
        draw_people(picture, live.people, np.array(self.layout.picture) / np.array(self._size), Style.skeleton)
        self._follow(live.people_3d)
        frame = round(live.frame.time * self._viewport.fps)
        panel = draw_panel(self._viewport, live.people_3d, frame, Style.skeleton)
        legend(panel, self.layout, self._viewport.grid_step, sides=True)
        canvas[:, self.layout.tile :] = panel
        caption(canvas, self.layout, self._caption(live))
        return canvas

    def _follow(self, people: list[Person3D]) -> None:
        """Move and widen the view if people are outside of it."""
        if not people:
            return
        hips = np.stack([person.joints[0, [0, 2]] for person in people])
        center = (hips.min(0) + hips.max(0)) / 2
        needed = LEAST_RADIUS + float(np.linalg.norm(hips - center, axis=1).max())
        moved = np.linalg.norm(center - self._viewport.center[0])
        if moved > FOLLOW_BEYOND or needed > self._viewport.radius + FOLLOW_BEYOND:
            now = self._viewport
            self._viewport = Viewport.around(now.size, now.fps, now.orbit, center, needed, TOP)

    def _caption(self, live: LiveFrame) -> str:
        """Time, frame rate and delays."""
        now = live.frame.time
        if self._previous_time is not None and now > self._previous_time:
            rate = 1 / (now - self._previous_time)
            self._rate = rate if not self._rate else self._rate + RATE_SMOOTHING * (rate - self._rate)
        self._previous_time = now
        text = f"{now:.1f} s   {self._rate:.0f} frames/s   {1000 * live.delay:.0f} ms"
        return text if live.delay_3d is None else f"{text}   3D {1000 * live.delay_3d:.0f} ms"
