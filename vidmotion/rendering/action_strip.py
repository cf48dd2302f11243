"""The strip below a film that shows what everybody does when: a row for each person, a mark where the film is.

Knows nothing about videos or frames.
"""

from __future__ import annotations

import numpy as np

from vidmotion.rendering.drawing import (
    INK,
    LEFT,
    PEOPLE,
    RIGHT,
    TEXT,
    Canvas,
    Color,
    chip,
    line,
    mix,
    person_color,
    text_width,
    write,
)
from vidmotion.types import UNKNOWN, Actions, Person

ROW = 2.4
"""Height of a row in letters."""
NOTHING: Color = (52, 56, 66)
"""Where the person does nothing known."""
COLORS: tuple[Color, ...] = (*PEOPLE, LEFT, RIGHT, (170, 190, 90), (150, 140, 220))


def _tagged(people: tuple[Person, ...]) -> list[tuple[int, Actions]]:
    """Ids and tags of the people who have some."""
    return [(person.id, person.actions) for person in people if person.actions is not None]


def strip_height(people: tuple[Person, ...], letters: float) -> int:
    """Pixels that the strip needs, an even number; 0 where nobody has tags."""
    rows = len(_tagged(people))
    return 2 * round((rows + 0.6) * ROW * letters / 2) if rows else 0


def draw_strip(
    strip: Canvas, people: tuple[Person, ...], span: tuple[float, float], now: float, letters: float
) -> None:
    """Draw the rows.

    Args:
        strip: (H, W, 3), changed.
        span: seconds of the video at which the film begins and ends.
        now: seconds, the moment that is shown.
        letters: height of capitals in pixels.
    """
    left, right = letters * 5.0, strip.shape[1] - letters * 2.0
    scale = (right - left) / max(span[1] - span[0], 1e-6)

    def at(seconds: float) -> float:
        return left + (min(max(seconds, span[0]), span[1]) - span[0]) * scale

    for row, (identity, actions) in enumerate(_tagged(people)):
        middle = (row + 0.8) * ROW * letters
        chip(strip, str(identity), np.array([letters * 2.8, middle]), letters, person_color(identity))
        for segment in actions.segments:
            label = segment.label
            color = NOTHING if label == UNKNOWN else _color(label, actions.labels)
            x0, x1 = at(segment.start), at(segment.end)
            _bar(strip, x0, x1, middle, letters, color)
            if text_width(label, letters) + letters < x1 - x0:
                ink = TEXT if label == UNKNOWN else INK
                write(strip, label, x0 + letters * 0.5, middle + letters / 2, letters, ink)
    x = at(now)
    line(strip, np.array([x, 0.0]), np.array([x, strip.shape[0] - 1.0]), (255, 255, 255), max(letters / 6, 1))


def _color(label: str, labels: tuple[str, ...]) -> Color:
    return mix(COLORS[labels.index(label) % len(COLORS)], (255, 255, 255), 0.15)


def _bar(strip: Canvas, x0: float, x1: float, middle: float, letters: float, color: Color) -> None:
    half = letters * 0.95
    strip[round(middle - half) : round(middle + half), round(x0) : max(round(x1) - 1, round(x0) + 1)] = color
