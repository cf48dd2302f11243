"""Folders and patterns of numbered pictures are videos; whatever else is in the folder is told or passed over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from vidmotion.errors import VideoError
from vidmotion.video import open_video
from vidmotion.video.numbered_pictures import video_files


def pictures(folder: Path, names: Iterable[str], size: tuple[int, int] = (20, 10)) -> Path:
    """Gray pictures, each as bright as ten times its number."""
    folder.mkdir(exist_ok=True)
    for name in names:
        level = 10 * int("".join(filter(str.isdigit, Path(name).stem[-3:])) or 0)
        cv2.imwrite(str(folder / name), np.full((size[1], size[0], 3), min(level, 255), np.uint8))
    return folder


def levels(path: Path, fps: float | None = None) -> list[tuple[int, float, int]]:
    """Number, time and gray level of each frame."""
    with open_video(path, fps=fps) as video:
        return [(frame.index, frame.time, int(frame.rgb[0, 0, 0])) for frame in video]


def test_a_folder_is_a_video_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    seq = pictures(tmp_path / "seq.v1", [f"img_{number}.png" for number in (8, 9, 10, 11)])
    with open_video(seq) as video:
        assert (video.name, video.fps, video.size, video.frame_count) == ("seq.v1", 30, (20, 10), 4)
        assert video.duration == pytest.approx(4 / 30)
        assert video.description == "4 pictures img_*.png at 30 frames/s"
    assert levels(seq) == [(0, 0.0, 80), (1, 1 / 30, 90), (2, 2 / 30, 100), (3, 0.1, 110)]
    assert [time for _, time, _ in levels(seq, 240)] == [index / 240 for index in range(4)]


def test_missing_numbers_leave_a_pause_and_are_told(tmp_path: Path) -> None:
    seq = pictures(tmp_path / "seq", [f"{number:03d}.png" for number in (1, 2, 5, 6)])
    assert [time for _, time, _ in levels(seq, 10)] == [0.0, 0.1, 0.4, 0.5]
    with open_video(seq) as video:
        assert video.description == "4 pictures *.png at 30 frames/s; 2 missing (3, 4)"


@pytest.mark.parametrize("numbers", [(10, 20, 30), (1403636579, 1403636612, 1403636646)])
def test_numbers_that_count_something_else_are_an_order_only(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    seq = pictures(tmp_path / "seq", [f"{number}.png" for number in numbers])
    assert [time for _, time, _ in levels(seq, 10)] == [0.0, 0.1, 0.2]
    with open_video(seq) as video:
        assert video.description == "3 pictures *.png at 30 frames/s"


def test_other_files_are_counted_and_dot_files_are_not(tmp_path: Path) -> None:
    seq = pictures(tmp_path / "seq", ["a1.jpg", "a2.jpg", "poster.jpg", "b7.jpg"])
    for name in (".DS_Store", "._a1.jpg", "notes.txt"):
        (seq / name).write_text("x")
    with open_video(seq) as video:
        assert video.description == "2 pictures a*.jpg at 30 frames/s; 3 other files left out"
    assert video_files(seq) == (seq / "a1.jpg", seq / "a2.jpg")


def test_pictures_that_do_not_fit_are_left_out_and_told(tmp_path: Path) -> None:
    seq = pictures(tmp_path / "seq", ["1.png", "2.png", "3.png", "4.png"])
    pictures(seq, ["2.png"], size=(10, 20))
    (seq / "3.png").write_bytes(b"no picture")
    with open_video(seq) as video:
        assert [(frame.index, round(30 * frame.time)) for frame in video] == [(0, 0), (1, 3)]
        assert video.damaged == (
            "1 of the pictures cannot be decoded and 1 of another size than the first left out; "
            "2 of 4 frames were read, 0.10 of 0.13 s"
        )


@pytest.mark.parametrize("pattern", ["cam1_*.png", "cam1_%02d.png", "cam1_??.png", "*m1_*"])
def test_a_pattern_picks_one_of_several_videos(tmp_path: Path, pattern: str) -> None:
    seq = pictures(tmp_path / "seq", [f"cam{camera}_{number:02d}.png" for camera in (1, 2) for number in (1, 2, 3)])
    with open_video(seq / pattern) as video:
        assert (video.name, len(list(video))) == ("cam1", 3)
    with pytest.raises(VideoError, match=r"several videos \(cam1_\*\.png, cam2_\*\.png\)"):
        open_video(seq)


def test_a_file_with_the_name_of_a_pattern_is_that_file(tmp_path: Path) -> None:
    pictures(tmp_path, ["a%03d.png", "a001.png", "a002.png"])
    assert len(levels(tmp_path / "a%03d.png")) == 1


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ([], ".", "or lift all of them with `vidmotion batch`"),
        (["a.png", "b.png"], ".", "is a folder without numbered pictures"),
        (["a1.png", "a01.png"], ".", "several pictures have the same number"),
        (["a1.png"], "b*.png", "no numbered picture has such a name"),
        (["a1.png"], "nowhere/a*.png", "there is no folder"),
    ],
)
def test_what_is_no_video_is_one_line(tmp_path: Path, names: list[str], given: str, message: str) -> None:
    pictures(tmp_path, names)
    with pytest.raises(VideoError, match=message):
        open_video(tmp_path / given)
