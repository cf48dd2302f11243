"""`vidmotion lift --keypoints`: other programs' 2D to files and films, without a detector."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run, beginning, write_video
from tests.io.keypoints.writers import SAMPLES, openpose
from tests.io.keypoints.writers import Figure as Somebody
from vidmotion.skeletons import by_name

OPEN = SAMPLES / "openpose"


def test_without_a_video(tmp_path: Path, vidmotion: Run) -> None:
    args = ["lift", "--keypoints", OPEN, "--fps", 25, "--size", "640x480", "-o", tmp_path]
    code, told = vidmotion(*args, "-f", "json", "-f", "bvh")
    assert code == 0, told
    assert "1 person in 4 frames" in told
    assert "2D: OpenPose's JSON, openpose25, identities from the tracker" in told
    content = json.loads((tmp_path / "openpose.json").read_text())
    assert (content["fps"], content["size"], content["source"]) == (25, [640, 480], "openpose")
    (person,) = content["people"]
    assert person["frames"] == [0, 1, 2, 3]
    assert person["observed"] == [True, True, False, True]
    assert np.array(person["motion"]["joints"]).shape == (4, 17, 3)
    assert content["provenance"]["keypoints"]["format"] == "OpenPose's JSON"
    code, told = vidmotion(*args)
    assert (code, "exists already; pass -y" in told) == (1, True)


def test_beside_a_video(sample: Path, tmp_path: Path, vidmotion: Run) -> None:
    video = write_video(tmp_path / "clip.mp4", beginning(sample, 12))
    width = beginning(sample, 1)[0].shape[1]
    names = by_name("blazepose33").joints
    xy = np.stack([[[100 + width / 50 * place + frame, 90 + 5 * place] for place in range(33)] for frame in range(10)])
    somebody = Somebody(0, tuple(range(10)), xy, np.ones((10, len(names))))
    out = tmp_path / "out"
    code, told = vidmotion("lift", "--keypoints", openpose([somebody], tmp_path), video, "-o", out, "--render")
    assert code == 0, told
    assert sorted(path.name for path in out.iterdir()) == ["clip.json", "clip.skeleton.mp4"]
    content = json.loads((out / "clip.json").read_text())
    assert (content["source"], content["frame_count"]) == ("clip.mp4", 12)
    assert content["people"][0]["frames"] == list(range(10))


def test_static_clutter_is_dropped_and_listed(shared: Path, tmp_path: Path, vidmotion: Run) -> None:
    given = ["--keypoints", shared / "bugs/ghost_clutter/ghost.json", "--fps", 30, "--size", "960x540", "--no-flip"]
    line = "dropped: a track of 90 frames from frame 0 (static clutter)"
    for extra, people in (([], 1), (["--keep-uncertain"], 2)):
        code, told = vidmotion("lift", *given, "-o", tmp_path, "-y", "-v", *extra)
        assert code == 0, told
        assert (line in told) == (people == 1)
        assert len(json.loads((tmp_path / "ghost.json").read_text())["people"]) == people


def test_the_keypoints_are_never_replaced(tmp_path: Path, vidmotion: Run) -> None:
    mine = tmp_path / "mine.json"
    mine.write_bytes((SAMPLES / "mmpose" / "results_clip.json").read_bytes())
    before = mine.read_bytes()
    args = ["lift", "--keypoints", mine, "--fps", 30, "--size", "640x480"]
    code, told = vidmotion(*args, "-o", tmp_path, "-y")
    assert (code, "is the input itself" in told) == (1, True)
    assert mine.read_bytes() == before


def test_what_is_missing_is_one_line(tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", "--keypoints", OPEN, "-o", tmp_path)
    assert code == 1
    assert (
        told.strip()
        == f"error: {OPEN}: does not contain everything that is needed; name its video, or pass --fps and --size"
    )
    assert not list(tmp_path.iterdir())


def test_other_programs_json_without_the_option_is_pointed_to_it(tmp_path: Path, vidmotion: Run) -> None:
    code, told = vidmotion("lift", SAMPLES / "coco" / "results.json", "-o", tmp_path)
    assert (code, "with --keypoints" in told) == (1, True)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "name a VIDEO, or --keypoints"),
        (["a.mp4", "--skeleton", "coco17"], "--skeleton is for --keypoints"),
        (["a.json", "--fps", "30"], "--fps is for videos; a.json holds people"),
        (["--keypoints", OPEN, "--rotate", "90"], "no pictures are read"),
        (["a.mp4", "b.mp4", "--keypoints", OPEN], "one VIDEO at most"),
        (["a.mp4", "--keypoints", OPEN, "--size", "640x480"], "--size is not needed: it comes from a.mp4"),
        (["--keypoints", OPEN, "--size", "640"], "wanted WIDTHxHEIGHT"),
        (["--keypoints", OPEN, "--detector", "blazepose"], "no detector runs"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(vidmotion: Run, args: list[object], message: str) -> None:
    code, told = vidmotion("lift", *args)
    assert code == 2
    assert message in " ".join(told.replace("│", "").split())
