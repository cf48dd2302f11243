"""What `vidmotion lift` takes for one video: a file, a folder of pictures, the pictures that a shell lists."""

import json
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer

from tests.cli.conftest import Run, beginning, write_video
from vidmotion.cli.lift_inputs import KeypointOptions, VideoOptions, plan
from vidmotion.video.reader import open_video

NO_KEYPOINTS = KeypointOptions(None, None, None, None)


def folder_of(path: Path, names: Iterable[str]) -> Path:
    path.mkdir()
    for name in names:
        (path / name).touch()
    return path


def planned(videos: Iterable[Path]) -> list[tuple[str, tuple[Path, ...]]]:
    return [(job.stem, job.inputs) for job in plan(list(videos), NO_KEYPOINTS, VideoOptions())]


def test_the_pictures_that_a_shell_lists_are_one_video(tmp_path: Path) -> None:
    seq = folder_of(tmp_path / "seq", ["img_1.jpg", "img_2.jpg", "img_3.jpg", "x.mp4", "notes.txt"])
    listed = [seq / f"img_{number}.jpg" for number in (1, 2, 3)]
    assert planned(listed) == [("img", (seq / "img_*.jpg",))]
    assert planned([seq / "x.mp4", *listed]) == [("x", (seq / "x.mp4",)), ("img", (seq / "img_*.jpg",))]
    assert planned([seq / "img_1.jpg"]) == [("img_1", (seq / "img_1.jpg",))]
    with pytest.raises(typer.BadParameter, match=r"only some of the pictures .* put a pattern in quotes"):
        planned(listed[:2])


def test_a_folder_gives_its_results_its_whole_name(tmp_path: Path) -> None:
    assert planned([folder_of(tmp_path / "seq.v1", ["a1.png", "a2.png"])])[0][0] == "seq.v1"


@pytest.mark.usefixtures("detector")
def test_pictures_in_slow_motion(sample: Path, tmp_path: Path, vidmotion: Run) -> None:
    """A folder of sideways pictures, of which two are missing, with its true rate."""
    seq = tmp_path / "seq"
    seq.mkdir()
    for number, picture in enumerate(beginning(sample, 30)):
        if number not in (10, 11):
            cv2.imwrite(str(seq / f"{number:04d}.jpg"), np.rot90(picture)[..., ::-1])
    args = ["--fps", "240", "--rotate", "90"]
    code, told = vidmotion("lift", seq, "-o", tmp_path, *args, "-f", "json", "-f", "bvh", "--no-flip", "--render")
    assert code == 0, told
    assert "seq: 28 pictures *.jpg at 240 frames/s; 2 missing (10, 11)" in told
    content = json.loads((tmp_path / "seq.json").read_text())
    assert (content["fps"], content["source"], content["size"]) == (240, "seq", [960, 540])
    assert (content["provenance"]["settings"]["fps"], content["provenance"]["settings"]["rotate"]) == (240, 90)
    (person,) = content["people"]
    assert person["times"][-1] == pytest.approx(29 / 240, abs=1e-6)
    assert "Frame Time: 0.0041666667" in (tmp_path / "seq.bvh").read_text()
    code, told = vidmotion("render", tmp_path / "seq.json", "--video", seq, "-o", tmp_path / "again.mp4")
    assert code == 0, told
    for film in ("seq.skeleton.mp4", "again.mp4"):
        with open_video(tmp_path / film) as opened:
            assert opened.times()[-1] == pytest.approx(29 / 240, abs=1e-4)


@pytest.mark.usefixtures("detector")
def test_slow_motion_is_lifted_at_its_true_rate(sample: Path, tmp_path: Path, vidmotion: Run) -> None:
    video = write_video(tmp_path / "slow.mp4", beginning(sample, 24))
    code, told = vidmotion("detect", video, "--fps", "240", "-o", tmp_path / "people.json")
    assert code == 0, told
    content = json.loads((tmp_path / "people.json").read_text())
    assert content["fps"] == 240
    assert content["people"][0]["times"] == pytest.approx([index / 240 for index in range(24)], abs=1e-6)


def test_a_turn_that_cannot_be_is_refused(tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", tmp_path / "a.mp4", "--rotate", "45")
    assert (code, told.strip()) == (2, "error: --rotate 45: wanted 90, 180 or 270 degrees")
