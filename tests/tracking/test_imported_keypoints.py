"""Keypoints of other programs: what the caller has to add, checks of it, sections and frame numbers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.io.keypoints.writers import SAMPLES
from vidmotion.errors import InputError
from vidmotion.tracking.imported_keypoints import KeypointDescription, read_keypoints

KNOWN: dict[str, Any] = {"fps": 30, "size": (640, 480)}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "name its video, or pass `fps` and `size`$"),
        ({"fps": 30}, "or pass `size`$"),
        ({"fps": 1e-9, "size": (640, 480)}, r"`fps` 1e-09: wanted 0.1 to 10000 frames/s"),
        ({"fps": 30, "size": (640, 480), "first_frame": 1}, "has a frame 0, which is before `first_frame=1`"),
        ({"fps": 30, "size": (640, 480), "start": 9.0}, "nothing from 9 s on"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_keypoints(SAMPLES / "openpose", **given)


def test_another_video_is_noticed(tmp_path: Path, sample: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"image_id": "270.jpg", "keypoints": [10.0, 20.0, 0.9] * 17}]))
    with pytest.raises(InputError, match=r"has a frame 270, but walk_wave.mp4 ends with frame 269.*`first_frame=1`"):
        read_keypoints(path, sample)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": (0, 480)}, "`size` 0: wanted a whole number, 1 or more"),
        ({"size": (640,)}, r"`size` \(640,\): wanted width and height"),
        ({"size": "big"}, "`size` 'big': wanted width and height"),
        ({"fps": "fast"}, "`fps` 'fast': wanted 0.1 to 10000 frames/s"),
        ({"first_frame": -1}, "`first_frame` -1: wanted a whole number, 0 or more"),
        ({"start": -1.0}, "`start` -1.0: wanted 0 or more seconds"),
        ({"start": 2.0, "end": 2.0}, "`end` 2 is not after `start` 2"),
    ],
)
def test_descriptions_are_checked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        KeypointDescription(**given)


def test_a_list_is_taken_for_a_size() -> None:
    size: Any = [640, 480]
    assert KeypointDescription(size=size).size == (640, 480)


def test_a_section_keeps_its_numbers_and_times() -> None:
    (person,) = read_keypoints(SAMPLES / "openpose", **KNOWN, start=0.03, end=0.1).people
    assert person.track.frames.tolist() == [1]
    assert person.track.times[0] == pytest.approx(1 / 30)


def test_files_that_count_from_another_number() -> None:
    sample = SAMPLES / "clip_Sports2D" / "clip_Sports2D_px_person00.trc"
    (person,) = read_keypoints(sample, size=(1280, 720), first_frame=10).people
    assert person.track.frames.tolist() == [0, 1, 2, 3]
    assert person.track.times[0] == 0
