"""The layout of a film's frame: picture on the left, 3D panel on the right, captions, strip of actions below."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vidmotion.rendering.drawing import DARK, LEFT, RIGHT, TEXT, TRUNK, Canvas, Color, dot, line, mix, text_width, write

SMALLEST, TALLEST = 480, 720
"""Least and greatest height of a film with a panel, in pixels."""
PANEL_SHAPE = 0.9
"""Width of the 3D panel over its height."""
FULL = 1080
"""Greatest length of the shorter side of a picture without a panel, in pixels."""
NARROWEST, WIDEST = 0.45, 16 / 9
"""Bounds of width over height for the part that holds the picture."""
BACKGROUND = 13
DISC = mix(DARK, TRUNK, 0.4)
"""Stands in the legend for the discs that show expected errors."""


@dataclass(frozen=True)
class Layout:
    """Sizes and positions in pixels."""

    height: int
    """Of the part that holds the picture, and of the panel."""
    tile: int
    """Width of the part that holds the picture; 0 if there is none."""
    picture: tuple[int, int]
    """Width and height of the picture, which fills its part in at least one direction."""
    panel: int
    """Width of the 3D panel; 0 if there is none."""
    strip: int = 0
    """Height of the strip below both; 0 if there is none."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the film."""
        return self.tile + self.panel, self.height + self.strip

    @property
    def corner(self) -> tuple[int, int]:
        """x and y of the upper left corner of the picture."""
        return (self.tile - self.picture[0]) // 2, (self.height - self.picture[1]) // 2

    @property
    def text_size(self) -> float:
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
    # Rounding to even numbers must not leave a dark border one or two pixels wide.
    picture = _snap(width * scale, tile), _snap(height * scale, high)
    return Layout(high, tile, picture, round(high * PANEL_SHAPE / 2) * 2)


def lay_out_alone(size: tuple[int, int]) -> Layout:
    """The layout for a picture without a panel: the size of the picture, or smaller, in even numbers."""
    scale = min(FULL / min(size), 1.0)
    width, height = (max(round(length * scale / 2), 1) * 2 for length in size)
    return Layout(height, width, (width, height), 0)


def _snap(length: float, room: int) -> int:
    return room if room - length <= 2 else max(round(length), 1)


def place_picture(canvas: Canvas, layout: Layout, rgb: Canvas) -> Canvas:
    """Scale a picture into its part of the film's frame; returns that part of the canvas."""
    (x, y), (width, height) = layout.corner, layout.picture
    # Averaging is slow and only needed where one pixel replaces more than four.
    method = cv2.INTER_AREA if rgb.shape[0] > 2 * height else cv2.INTER_LINEAR
    scaled = cv2.resize(rgb, (width, height), interpolation=method)
    view = canvas[y : y + height, x : x + width]
    view[:] = scaled
    return view


def caption(canvas: Canvas, layout: Layout, text: str) -> None:
    """Write a line on a dark background in the lower left corner of the film."""
    size = layout.text_size
    left, base = size * 2.0, layout.height - size * 2.0
    center_y = base - size / 2
    end = left + text_width(text, size)
    line(canvas, np.array([left, center_y]), np.array([end, center_y]), DARK, size * 2.2)
    write(canvas, text, left, base, size)


def legend(panel: Canvas, layout: Layout, grid_step: float, sides: bool, errors: bool = False) -> None:
    """Write the legend in the lower right corner of the panel: the step of the grid, discs, colors of left and right.

    Args:
        grid_step: metres.
        sides: explain the colors of left and right.
        errors: explain the discs around joints.
    """
    size = layout.text_size
    entries: list[tuple[str, Color | None]] = [("left", LEFT), ("right", RIGHT)] if sides else []
    entries += [("expected error", DISC)] if errors else []
    entries.append((f"grid {grid_step:g} m", None))
    width = sum(text_width(text, size) + size * (3.4 if color else 2) for text, color in entries) - size * 2
    x, base = panel.shape[1] - size * 2 - width, layout.height - size * 2
    for text, color in entries:
        if color:
            dot(panel, np.array([x + size * 0.5, base - size / 2]), size * 0.5, color)
            x += size * 1.4
        x = write(panel, text, x, base, size, TEXT) + size * 2
