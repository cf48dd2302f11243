"""Hard cuts are found and nothing else, in drawn pictures and in footage."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidmotion.video import VideoWriter, open_video
from vidmotion.video.cuts import Change, CutFinder

SIZE = (192, 108)
Pictures = list[np.ndarray]


def cuts_in(pictures: Iterable[np.ndarray], fps: float = 30.0) -> list[int]:
    finder, cuts = CutFinder(fps), list[int]()
    for index, picture in enumerate(pictures):
        change = finder.update(picture)
        if change is Change.cut:
            cuts.append(index)
        elif change is Change.withdrawn:
            cuts.pop()
    return cuts


def cuts_of(path: Path) -> list[int]:
    with open_video(path) as video:
        return cuts_in((frame.rgb for frame in video), float(video.fps))


def footage(path: Path, start: int, count: int) -> Pictures:
    with open_video(path) as video:
        frames = [frame.rgb for frame in video if start <= frame.index < start + count]
    return [np.asarray(cv2.resize(rgb, SIZE, interpolation=cv2.INTER_AREA), np.uint8) for rgb in frames]


def scenery(seed: int, width: int = SIZE[0]) -> np.ndarray:
    """A picture of a room with things in it, (108, width, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((SIZE[1], width, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(width // 5):
        corner = rng.integers((-20, -20), (width, SIZE[1]))
        color = [int(part) for part in rng.integers(0, 255, 3)]
        cv2.rectangle(picture, corner.tolist(), (corner + rng.integers(8, 50, 2)).tolist(), color, -1)
    return picture


def test_finds_cuts_between_drawn_shots() -> None:
    assert cuts_in([scenery(shot) for shot in range(6) for _ in range(8)]) == [8, 16, 24, 32, 40]


def test_a_pan_at_any_speed_is_no_cut() -> None:
    wide = scenery(1, 4000)
    for speed in (2, 10, 30):
        assert cuts_in([wide[:, max(0, t - 10) * speed :][:, : SIZE[0]] for t in range(60)]) == []


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_flash_is_no_cut(frames: int) -> None:
    room, other = scenery(1), scenery(2)
    for lit in (np.full_like(room, 255), cv2.addWeighted(room, 0.2, np.full_like(room, 255), 0.8, 0), other):
        assert cuts_in([room] * 10 + [np.asarray(lit, np.uint8)] * frames + [room] * 10) == []


def test_exposure_and_noise_are_no_cut() -> None:
    room, rng = scenery(1), np.random.default_rng(0)
    assert cuts_in([room] * 10 + [room // 2] * 10 + [room] * 10) == []
    noisy = [np.clip(room * 0.4 + rng.normal(0, 15, room.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    assert cuts_in(noisy) == []


@pytest.mark.parametrize("frames", [5, 8, 15])
def test_somebody_close_to_the_camera_is_no_cut(frames: int) -> None:
    room, coat, width = scenery(1), scenery(3), SIZE[0]
    pictures = [room] * 10
    for step in range(frames + 1):
        left = round(-0.7 * width + 1.7 * width * step / frames)
        picture = room.copy()
        covered = slice(max(left, 0), max(left + round(0.7 * width), 0))
        picture[:, covered] = coat[:, covered]
        pictures.append(picture)
    assert cuts_in(pictures + [room] * 10) == []


def test_black_pictures_between_shots_belong_to_the_first() -> None:
    black = np.zeros_like(scenery(1))
    assert cuts_in([black] * 5 + [scenery(1)] * 10 + [black] * 5 + [scenery(2)] * 10) == [20]
    assert cuts_in([scenery(1)] * 10 + [black] * 5 + [scenery(1)] * 10) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (5000, 20)])
def test_takes_pictures_of_any_size(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    cuts_in([rng.integers(0, 255, (*size, 3)).astype(np.uint8) for _ in range(3)])


def test_another_size_is_another_shot() -> None:
    assert cuts_in([scenery(1)] * 3 + [scenery(1, 120)] * 3) == [3]


def test_the_sample_has_no_cut(sample: Path) -> None:
    assert cuts_of(sample) == []


def test_finds_cuts_between_footage_and_drawn_pictures(sample: Path, tmp_path: Path) -> None:
    walk = footage(sample, 60, 70)
    with VideoWriter(tmp_path / "film.mp4", Fraction(30), SIZE) as film:
        for picture in [*walk[:20], *[scenery(4)] * 15, *walk[40:70], *[scenery(5)] * 15]:
            film.write(picture)
    assert cuts_of(tmp_path / "film.mp4") == [20, 35, 65]


def test_finds_every_cut_between_real_clips(shared: Path, sample: Path, tmp_path: Path) -> None:
    clips = [footage(path, 5, 20) for path in [sample, *sorted((shared / "videos").glob("*.mp4"))]]
    order = [0, 1, 2, 3, 4, 0, 2, 4, 1, 3, 0]
    with VideoWriter(tmp_path / "film.mp4", Fraction(30), SIZE) as film:
        for clip in order:
            for picture in clips[clip]:
                film.write(picture)
    assert cuts_of(tmp_path / "film.mp4") == list(range(20, 20 * len(order), 20))


def test_real_clips(shared: Path) -> None:
    for path in sorted((shared / "videos").glob("*.mp4")):
        assert cuts_of(path) == [], path.name
    assert cuts_of(shared / "bugs" / "scene_cut" / "cut.mp4") == [45]
