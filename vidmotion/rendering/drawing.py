"""Colors and drawing: antialiased lines, dots and labels on RGB pictures. Does not depend on people or cameras.

Colors are RGB. Points are pixels with fractions, so that moving shapes do not jitter.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vidmotion.skeletons import Skeleton
from vidmotion.types import Floats

Canvas = NDArray[np.uint8]
Color = tuple[int, int, int]

# From the palette of Okabe and Ito, whose colors are distinct for color-blind people too.
LEFT: Color = (86, 180, 233)
RIGHT: Color = (240, 150, 30)
TRUNK: Color = (236, 238, 242)
PEOPLE: tuple[Color, ...] = ((38, 190, 140), (214, 130, 178), (240, 228, 66), (228, 100, 50))
DARK: Color = (14, 16, 21)
TEXT: Color = (198, 203, 214)

FONT = cv2.FONT_HERSHEY_SIMPLEX
SHIFT = 4
"""Fractional bits of the coordinates that OpenCV receives."""
SMALL = 2.5
"""Pixels; OpenCV draws circles of a smaller radius as squares on a corner."""
_CIRCLE = np.stack([np.cos(np.arange(24) * np.pi / 12), np.sin(np.arange(24) * np.pi / 12)], axis=1)
"""(24, 2) corners of a circle of radius 1."""
FAR = 30_000.0
"""Pixels; coordinates are clipped to this, because larger ones overflow in OpenCV."""


def person_color(person: int) -> Color:
    """The color that stands for a person's id."""
    return PEOPLE[person % len(PEOPLE)]


def side_color(skeleton: Skeleton, joint: int) -> Color:
    """The color of a joint and of the bone that ends in it."""
    if joint in skeleton.left:
        return LEFT
    return RIGHT if joint in skeleton.right else TRUNK


def mix(a: Color, b: Color, share: float) -> Color:
    """The mixture of two colors: `a` at share 0, `b` at share 1."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def line(canvas: Canvas, start: Floats, end: Floats, color: Color | int, width: float) -> None:
    """Draw a straight line with round ends."""
    cv2.line(canvas, _fixed(start), _fixed(end), color, max(round(width), 1), cv2.LINE_AA, SHIFT)


def dashes(canvas: Canvas, start: Floats, end: Floats, color: Color, width: float) -> None:
    """Draw a dashed line."""
    length = float(np.hypot(*(end - start)))
    count = int(np.clip(length / (width * 8), 1, 200))
    for dash in range(count):
        a, b = dash / count, (dash + 0.45) / count
        line(canvas, start + (end - start) * a, start + (end - start) * b, color, width)


def dot(canvas: Canvas, center: Floats, radius: float, color: Color) -> None:
    """Draw a filled circle, at least 2 pixels wide."""
    scale, radius = 1 << SHIFT, max(radius, 1.0)
    if radius >= SMALL:
        cv2.circle(canvas, _fixed(center), round(radius * scale), color, -1, cv2.LINE_AA, SHIFT)
        return
    outline = np.rint(_CIRCLE * (radius * scale) + _fixed(center)).astype(np.int32)
    cv2.fillConvexPoly(canvas, outline, color, cv2.LINE_AA, SHIFT)


def lines(canvas: Canvas, starts: Floats, ends: Floats, color: Color | int) -> None:
    """Draw N lines, one pixel wide, from points (N, 2) to points (N, 2)."""
    points = np.clip(np.stack([starts, ends], axis=1), -FAR, FAR)
    fixed = np.round(points * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(canvas, list(fixed), False, color, 1, cv2.LINE_AA, SHIFT)


def ring(canvas: Canvas, points: Floats, color: Color, width: float) -> None:
    """Draw a closed outline through points (N, 2)."""
    fixed = np.round(points * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(canvas, [fixed], True, color, max(round(width), 1), cv2.LINE_AA, SHIFT)


def write(canvas: Canvas, text: str, left: float, base: float, size: float, color: Color = TEXT) -> float:
    """Write text from x = `left` on the base line y = `base`, capitals `size` pixels high; returns the x of its end."""
    scale, weight = _type(size)
    cv2.putText(canvas, text, (round(left), round(base)), FONT, scale, color, weight, cv2.LINE_AA)
    return left + text_width(text, size)


def text_width(text: str, size: float) -> float:
    """Width of a text in pixels, with capitals `size` pixels high."""
    scale, weight = _type(size)
    return float(cv2.getTextSize(text, FONT, scale, weight)[0][0])


def draw_label(canvas: Canvas, text: str, center: Floats, size: float, color: Color) -> None:
    """Draw a small colored label with dark text around `center`, moved inside the canvas if needed."""
    height, width = canvas.shape[:2]
    half = np.array([text_width(text, size) / 2 + size * 0.6, size * 1.0])
    most = np.maximum(np.array([width, height]) - half - 1, half)
    center = np.clip(center, half, most)
    x0, y0 = center - half
    # A thick line with round ends is the shape of the label.
    inner = np.array([half[0] - half[1], 0.0])
    line(canvas, center - inner, center + inner, color, half[1] * 2)
    write(canvas, text, x0 + size * 0.6, y0 + size * 1.5, size, DARK)


def _type(size: float) -> tuple[float, int]:
    """OpenCV's font scale and stroke width for capitals `size` pixels high."""
    return size / 21, 2 if size >= 15 else 1


def _fixed(point: Floats) -> tuple[int, int]:
    # Plain floats: this runs hundreds of times a frame, and numpy takes longer for two numbers.
    x, y = float(point[0]), float(point[1])
    return round(min(max(x, -FAR), FAR) * (1 << SHIFT)), round(min(max(y, -FAR), FAR) * (1 << SHIFT))
