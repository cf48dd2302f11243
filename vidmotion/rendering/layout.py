"""Where things go in a frame of the film: the picture on the left, the 3D panel on the right, captions, and a strip of
action tags below."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vidmotion.rendering.drawing import INK, LEFT, RIGHT, TEXT, Canvas, Color, dot, line, text_width, write

SMALLEST, TALLEST = 480, 720
"""Pixels that a film is high at least and at most."""
PANEL_SHAPE = 0.9
FULL = 1080
"""Pixels that the shorter side of a picture without a panel has at most."""
NARROWEST, WIDEST = 0.45, 16 / 9
"""Width over height: of the 3D panel, and bounds for the part that holds the picture."""
BACKGROUND = 13


@dataclass(frozen=True)
class Layout:
    """Sizes and places in pixels."""

    height: int
    """Of the picture's part and the panel."""
    tile: int
    """Width of the part that holds the picture; 0 without one."""
    picture: tuple[int, int]
    """Width and height of the picture inside of its part, which it fills in one direction."""
    panel: int
    """Width of the 3D panel; 0 without one."""
    strip: int = 0
    """Height of the strip below both; 0 without one."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film."""
        return self.tile + self.panel, self.height + self.strip

    @property
    def corner(self) -> tuple[int, int]:
        """x and y where the picture begins."""
        return (self.tile - self.picture[0]) // 2, (self.height - self.picture[1]) // 2

    @property
    def letters(self) -> float:
        """Height of capitals in captions."""
        return max(self.height / 65, 9.0)


def lay_out(size: tuple[int, int] | None) -> Layout:
    """The layout for a video of this width and height; None for a film without a picture."""
    if size is None:
        return Layout(TALLEST, 0, (0, 0), TALLEST)
    width, height = size
    high = int(np.clip(height, SMALLEST, TALLEST)) // 2 * 2
    tile = round(high * float(np.clip(width / height, NARROWEST, WIDEST)) / 2) * 2
    scale = min(tile / width, high / height)
    # Rounding to even numbers must not leave a dark seam of a pixel or two.
    picture = _snap(width * scale, tile), _snap(height * scale, high)
    return Layout(high, tile, picture, round(high * PANEL_SHAPE / 2) * 2)


def lay_out_alone(size: tuple[int, int]) -> Layout:
    """The layout for a picture of this width and height without a panel: its own size, or smaller, in even numbers."""
    scale = min(FULL / min(size), 1.0)
    width, height = (max(round(length * scale / 2), 1) * 2 for length in size)
    return Layout(height, width, (width, height), 0)


def _snap(length: float, room: int) -> int:
    return room if room - length <= 2 else max(round(length), 1)


def put_picture(canvas: Canvas, layout: Layout, rgb: Canvas) -> Canvas:
    """Scale a picture into its part of the film's frame; returns the view of it there."""
    (x, y), (width, height) = layout.corner, layout.picture
    # Averaging is slow and only needed where a pixel stands for more than four.
    way = cv2.INTER_AREA if rgb.shape[0] > 2 * height else cv2.INTER_LINEAR
    scaled = cv2.resize(rgb, (width, height), interpolation=way)
    view = canvas[y : y + height, x : x + width]
    view[:] = scaled
    return view


def caption(canvas: Canvas, layout: Layout, text: str) -> None:
    """A line in the lower left corner of the film, on a dark ground."""
    size = layout.letters
    left, base = size * 2.0, layout.height - size * 2.0
    middle = base - size / 2
    end = left + text_width(text, size)
    line(canvas, np.array([left, middle]), np.array([end, middle]), INK, size * 2.2)
    write(canvas, text, left, base, size)


def legend(panel: Canvas, layout: Layout, grid_step: float, sides: bool) -> None:
    """The width of the grid, and which colour is which side if wanted, in the lower right corner of the panel."""
    size = layout.letters
    entries: list[tuple[str, Color | None]] = [("left", LEFT), ("right", RIGHT)] if sides else []
    entries.append((f"grid {grid_step:g} m", None))
    width = sum(text_width(text, size) + size * (3.4 if color else 2) for text, color in entries) - size * 2
    x, base = panel.shape[1] - size * 2 - width, layout.height - size * 2
    for text, color in entries:
        if color:
            dot(panel, np.array([x + size * 0.5, base - size / 2]), size * 0.5, color)
            x += size * 1.4
        x = write(panel, text, x, base, size, TEXT) + size * 2
