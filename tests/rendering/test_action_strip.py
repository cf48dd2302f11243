"""The strip of actions below a film."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.rendering import films
from vidmotion.choices import View
from vidmotion.rendering import FilmOptions, render
from vidmotion.rendering.action_strip import COLORS, UNKNOWN_COLOR, draw_strip, strip_height
from vidmotion.types import UNKNOWN, Actions, Person, Segment
from vidmotion.video import open_video

SIZE = (640, 480)
TEXT_SIZE = 10.0


def tagged(number: int) -> Person:
    """Two seconds of the second of three classes, then two of nothing known."""
    segments = (Segment(0.0, 2.0, "b", 0.9), Segment(2.0, 4.0, UNKNOWN, 0.6))
    actions = Actions(("a", "b", "c"), np.array([1.0]), np.array([[0.0, 0.9, 0.1]]), segments)
    return replace(films.person(number, [0, 1], SIZE), actions=actions)


def near(pixel: np.ndarray, color: tuple[int, int, int], most: float) -> bool:
    return float(np.abs(pixel.astype(float) - color).max()) <= most


def test_bars_lie_where_the_segments_are() -> None:
    people = (tagged(0), tagged(1))
    height = strip_height(people, TEXT_SIZE)
    strip = np.zeros((height, 670, 3), np.uint8)
    draw_strip(strip, people, (0.0, 4.0), 1.0, TEXT_SIZE)  # seconds 0 to 4 lie on columns 50 to 650
    for row in (0.8, 1.8):
        y = round(row * 2.4 * TEXT_SIZE + 7)  # below the letters
        assert near(strip[y, 60], COLORS[1], 40)
        assert near(strip[y, 340], COLORS[1], 40)
        assert near(strip[y, 360], UNKNOWN_COLOR, 0)
        assert near(strip[y, 640], UNKNOWN_COLOR, 0)
    assert near(strip[2, 200], (255, 255, 255), 60)  # now


def test_films_grow_by_the_strip_and_only_by_it(tmp_path: Path) -> None:
    video = films.footage(tmp_path / "video.mp4", SIZE)
    heights = []
    for name, person in (("plain", films.person(0, [0, 1], SIZE)), ("tagged", tagged(0))):
        render(films.scene(SIZE, (person,)), tmp_path / f"{name}.mp4", video, options=FilmOptions(view=View.camera))
        with open_video(tmp_path / f"{name}.mp4") as film:
            heights.append(film.size[1])
    assert heights[0] == SIZE[1]
    assert heights[1] - heights[0] == strip_height((tagged(0),), 9.0)


def test_a_section_of_a_video_fills_the_strip() -> None:
    """From second 1 on: the segment ends in the middle third of 1 to 4."""
    strip = np.zeros((strip_height((tagged(0),), TEXT_SIZE), 670, 3), np.uint8)
    draw_strip(strip, (tagged(0),), (1.0, 4.0), 1.0, TEXT_SIZE)
    y = round(0.8 * 2.4 * TEXT_SIZE + 7)
    assert near(strip[y, 240], COLORS[1], 40)
    assert near(strip[y, 260], UNKNOWN_COLOR, 0)
    assert not strip[y, 5:15].any()
