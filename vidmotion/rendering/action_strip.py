"""The strip below a film that shows who does what and when: a row for each person, and a mark at the current time.

Does not depend on videos or frames.
"""

from __future__ import annotations

import numpy as np

from vidmotion.rendering.drawing import (
    DARK,
    LEFT,
    PEOPLE,
    RIGHT,
    TEXT,
    Canvas,
    Color,
    draw_label,
    line,
    mix,
    person_color,
    text_width,
    write,
)
from vidmotion.types import UNKNOWN, Actions, Person

ROW = 2.4
"""Height of a row, as a multiple of the text's height."""
UNKNOWN_COLOR: Color = (52, 56, 66)
"""The color of segments without a known action."""
COLORS: tuple[Color, ...] = (*PEOPLE, LEFT, RIGHT, (170, 190, 90), (150, 140, 220))


def _with_actions(people: tuple[Person, ...]) -> list[tuple[int, Actions]]:
    """Ids and actions of the people who have actions."""
    return [(person.id, person.actions) for person in people if person.actions is not None]


def strip_height(people: tuple[Person, ...], text_size: float) -> int:
    """Height of the strip in pixels, an even number; 0 if nobody has actions."""
    rows = len(_with_actions(people))
    return 2 * round((rows + 0.6) * ROW * text_size / 2) if rows else 0


def draw_strip(
    strip: Canvas, people: tuple[Person, ...], span: tuple[float, float], now: float, text_size: float
) -> None:
    """Draw the rows.

    Args:
        strip: (H, W, 3), changed.
        span: seconds of the video at which the film begins and ends.
        now: seconds; the time of the frame that is shown.
        text_size: height of capitals in pixels.
    """
    left, right = text_size * 5.0, strip.shape[1] - text_size * 2.0
    scale = (right - left) / max(span[1] - span[0], 1e-6)

    def at(seconds: float) -> float:
        return left + (min(max(seconds, span[0]), span[1]) - span[0]) * scale

    for row, (identity, actions) in enumerate(_with_actions(people)):
        center_y = (row + 0.8) * ROW * text_size
        draw_label(strip, str(identity), np.array([text_size * 2.8, center_y]), text_size, person_color(identity))
        for segment in actions.segments:
            label = segment.label
            color = UNKNOWN_COLOR if label == UNKNOWN else _color(label, actions.labels)
            x0, x1 = at(segment.start), at(segment.end)
            _bar(strip, x0, x1, center_y, text_size, color)
            if text_width(label, text_size) + text_size < x1 - x0:
                text_color = TEXT if label == UNKNOWN else DARK
                write(strip, label, x0 + text_size * 0.5, center_y + text_size / 2, text_size, text_color)
    x = at(now)
    line(strip, np.array([x, 0.0]), np.array([x, strip.shape[0] - 1.0]), (255, 255, 255), max(text_size / 6, 1))


def _color(label: str, labels: tuple[str, ...]) -> Color:
    return mix(COLORS[labels.index(label) % len(COLORS)], (255, 255, 255), 0.15)


def _bar(strip: Canvas, x0: float, x1: float, center_y: float, text_size: float, color: Color) -> None:
    half = text_size * 0.95
    strip[round(center_y - half) : round(center_y + half), round(x0) : max(round(x1) - 1, round(x0) + 1)] = color
