"""Damaged, hostile and unknown files are refused with one clear line each, quickly and in little memory."""

import json
from pathlib import Path
from typing import Any

import pytest

from vidmotion.errors import InputError
from vidmotion.tracking.imported_keypoints import read_keypoints

KNOWN: dict[str, Any] = {"fps": 30, "size": (640, 480)}
POINTS = [10.0, 20.0, 0.9] * 17


def person(**other: Any) -> dict[str, Any]:
    return {"image_id": "0.jpg", "category_id": 1, "keypoints": POINTS, "score": 1.0, **other}


HEADER = "frame,landmark,x,y,z,visibility\n"
FILES: dict[str, tuple[str, str, str]] = {
    "empty": ("x.json", "", "the file is empty"),
    "text": ("x.json", "hello", "is not valid JSON"),
    "cut": ("x.json", '[{"image_id": "0.jpg", "keyp', "is not valid JSON"),
    "deep": ("x.json", "[" * 100_000 + "]" * 100_000, "nested too deeply"),
    "other": ("x.json", '{"a": 1}', "wanted JSON of AlphaPose, COCO .* or a folder of OpenPose's JSON"),
    "no list": ("x.json", "[]", "not a known format of keypoints"),
    "suffix": ("x.docx", "hello", "not a known format of keypoints"),
    "far frame": ("x.json", json.dumps([person(image_id="1000000000000.jpg")]), "wanted 0 to 2,000,000"),
    "far id": ("x.json", json.dumps([person(image_id=10**12)]), "wanted 0 to 2,000,000"),
    "huge id": (
        "x.json",
        "[" + json.dumps(person())[:-1] + ', "image_id": 1' + "0" * 4000 + "}]",
        "not a frame number",
    ),
    "negative": ("x.json", json.dumps([person(image_id=-1)]), "wanted 0 to 2,000,000"),
    "no number": ("x.json", json.dumps([person(image_id="cat.jpg")]), "'cat.jpg' has no frame number"),
    "two numbers": ("x.json", json.dumps([person(keypoints=POINTS[:-1])]), "wanted x, y and score of each point"),
    "other count": (
        "x.json",
        json.dumps([person(), person(keypoints=POINTS[:-3])]),
        "wanted 17 points as in",
    ),
    "words": ("x.json", json.dumps([person(keypoints=["a"] * 51)]), "values that are not numbers"),
    "ragged": ("x.json", json.dumps([person(keypoints=[[1], [2, 3]])]), "values that are not numbers"),
    "object": ("x.json", json.dumps([person(keypoints={"a": 1})]), "values that are not numbers"),
    "far away": ("x.json", json.dumps([person(keypoints=[1e300, 0, 1] * 17)]), "1,000,000 pixels away"),
    "shares": ("x.json", json.dumps([person(keypoints=[0.5, 0.4, 1] * 17)]), "points are not in pixels"),
    "NaN": ("x.json", json.dumps([person(keypoints=[float("nan"), 0, 1] * 17)]), "nobody is in it"),
    "all missing": ("x.json", json.dumps([person(keypoints=[0, 0, 0] * 17)]), "nobody is in it"),
    "not a person": ("x.json", json.dumps([person(), "x"]), "not laid out as such files are"),
    "lacking": ("x.json", json.dumps([person(), {"image_id": "1.jpg"}]), "lacks 'keypoints'"),
    "halpe": ("x.json", json.dumps([person(keypoints=[9, 9, 1] * 26)]), "pass `skeleton=halpe26`"),
    "3D": (
        "x.json",
        json.dumps([{"frame_id": 0, "instances": [{"keypoints": [[1, 2, 3]] * 17, "keypoint_scores": [1] * 17}]}]),
        "wanted 2D coordinates",
    ),
    "no columns": ("x.csv", "a,b\n1,2\n", "no column of frame numbers.*frame,landmark,x,y"),
    "no landmarks": ("x.csv", "frame,b\n1,2\n", "wanted frame,landmark,x,y"),
    "34th": ("x.csv", HEADER + "0,0,0.1,0.1,0,1\n0,34,0.1,0.1,0,1\n", "'34', which is not one of BlazePose's 33"),
    "line breaks": ("x.csv", 'frame,"land\nmark",x\n0,1,2\n', "has columns frame, land mark, x"),
    "short row": ("x.csv", HEADER + "0\n", "has a landmark ''"),
    "no figure": ("x.csv", HEADER + "0,nose,left,0.1,0,1\n", "column x: 'left' is not a number"),
    "no frame": ("x.csv", HEADER + ",nose,0.1,0.1,0,1\n", "is not a frame number"),
    "world": (
        "x.csv",
        HEADER + "".join(f"0,{i},{(i - 23.5) / 40},{0.0 if i in (23, 24) else 0.3},0,1\n" for i in range(33)),
        "world landmarks, in metres",
    ),
    "no TRC": ("x_px_person00.trc", "hello", "is not a TRC file"),
    "no rate": (
        "x_px_person00.trc",
        "PathFileType\t4\nDataRate\nnan\nFrame#\tTime\tHip\t\t\t\n\t\tX1\n0\t0\t1\t2\t3\n",
        "wanted a frame rate",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_bad_files_are_one_line(kind: str, tmp_path: Path) -> None:
    name, content, message = FILES[kind]
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_keypoints(path, **KNOWN)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 600


def test_folders_without_such_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(
        InputError, match=r"wanted OpenPose's NAME_000000000000_keypoints.json.* it contains none of them"
    ):
        read_keypoints(tmp_path, **KNOWN)
    (tmp_path / "a_0001_keypoints.json").write_text('{"people": [{"pose_keypoints_2d": [1, 2]}]}')
    with pytest.raises(InputError, match=r"a_0001_keypoints.json: frame 1: wanted x, y and score"):
        read_keypoints(tmp_path, **KNOWN)
    (tmp_path / "b_0001_keypoints.json").write_text('{"people": []}')
    with pytest.raises(InputError, match="are of one frame"):
        read_keypoints(tmp_path, **KNOWN)
    with pytest.raises(InputError, match="no such file or folder"):
        read_keypoints(tmp_path / "nowhere", **KNOWN)
