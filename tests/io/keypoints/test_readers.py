"""Every format's sample is read: skeleton, identities, frame numbers, points, scores."""

from collections.abc import Collection
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.keypoints.writers import NAMES, SAMPLES, place
from vidmotion.errors import InputError
from vidmotion.io.scene.formats import export
from vidmotion.skeletons import by_name
from vidmotion.tracking.imported_keypoints import read_keypoints
from vidmotion.types import Scene, Track

RATE: dict[str, Any] = {"fps": 30}
KNOWN: dict[str, Any] = {**RATE, "size": (640, 480)}


def check(
    track: Track, skeleton: str, frames: list[int], person: int, score: float, lacking: Collection[str] = ()
) -> None:
    """Observed frames as the samples' figure has them; the frame between is filled in and marked."""
    assert track.keypoints.skeleton == skeleton
    assert track.frames[track.observed].tolist() == frames
    assert track.frames.tolist() == list(range(frames[0], frames[-1] + 1))
    np.testing.assert_allclose(track.times, track.frames / 30, atol=1e-6)
    joints = by_name(skeleton).joints
    for row in np.flatnonzero(track.observed):
        for index, joint in enumerate(joints):
            if joint in lacking:
                assert track.keypoints.score[row, index] == 0
            elif joint in NAMES:
                np.testing.assert_allclose(
                    track.keypoints.xy[row, index], place(joint, int(track.frames[row]), person), atol=0.01
                )
                assert track.keypoints.score[row, index] == pytest.approx(score)


@pytest.mark.parametrize(
    ("sample", "given", "skeleton"),
    [
        ("alphapose/halpe26.json", {**KNOWN, "skeleton": "halpe26"}, "halpe26"),
        ("alphapose/open.json", KNOWN, "openpose18"),
        ("alphapose/cmu.json", KNOWN, "openpose18"),
        ("pose2sim_json", {**KNOWN, "skeleton": "halpe26"}, "halpe26"),
        ("mmpose/results_clip.json", KNOWN, "coco17"),
        ("mmpose/clip.json", {**KNOWN, "skeleton": "halpe26"}, "halpe26"),
        ("mmpose/predictions.json", {**KNOWN, "skeleton": "coco17"}, "coco17"),
        ("mediapipe/tall.csv", KNOWN, "blazepose33"),
        ("mediapipe/wide.csv", KNOWN, "blazepose33"),
    ],
)
def test_one_person_in_three_of_four_frames(sample: str, given: dict[str, Any], skeleton: str) -> None:
    scene = read_keypoints(SAMPLES / sample, **given)
    (person,) = scene.people
    check(person.track, skeleton, [0, 1, 3], 0, 0.5)
    assert (person.id, scene.frame_count, scene.size, scene.fps) == (0, 4, (640, 480), Fraction(30))


def test_alphapose_keeps_its_identities() -> None:
    scene = read_keypoints(SAMPLES / "alphapose" / "alphapose-results.json", **KNOWN)
    assert [person.id for person in scene.people] == [1, 2]
    check(scene.people[0].track, "coco17", [0, 1, 3], 0, 0.5)
    check(scene.people[1].track, "coco17", [1, 3], 1, 0.5)
    assert scene.provenance["keypoints"]["identities"] == "file"


def test_alphapose_without_tracking_uses_our_tracker() -> None:
    """Everybody's idx is 0 then, in lists of lists where suppression merged people."""
    scene = read_keypoints(SAMPLES / "alphapose" / "untracked.json", **KNOWN)
    check(scene.people[0].track, "coco17", [0, 1, 3], 0, 0.5)
    check(scene.people[1].track, "coco17", [1, 3], 1, 0.5)
    assert scene.provenance["keypoints"]["identities"] == "tracker"


def test_a_point_that_openpose_did_not_find_is_missing() -> None:
    (person,) = read_keypoints(SAMPLES / "openpose", **KNOWN).people
    track, wrist = person.track, by_name("openpose25").joints.index("left_wrist")
    assert track.frames[track.observed].tolist() == [0, 1, 3]
    assert track.keypoints.score[:, wrist].tolist() == [0.5, 0, 0, 0.5]
    assert track.keypoints.score[1].min() == 0
    assert (track.keypoints.xy[1] > 90).any(1).all()  # never at (0, 0)


def test_coco_results_with_tracks() -> None:
    scene = read_keypoints(SAMPLES / "coco" / "results.json", **KNOWN)
    assert [person.id for person in scene.people] == [10, 11]
    for number, person in enumerate(scene.people):
        check(person.track, "coco17", [0, 1, 3], number, 0.5)


def test_coco_annotations_have_their_size_and_flags() -> None:
    scene = read_keypoints(SAMPLES / "coco" / "annotations.json", **RATE)
    (person,) = scene.people
    assert scene.size == (640, 480)
    assert person.track.frames[person.track.observed].tolist() == [0, 1, 3]
    assert person.track.keypoints.score[0, [8, 9, 10]].tolist() == [1, 0.5, 0]


def test_sports2d_has_its_rate_and_counts_from_the_videos_beginning() -> None:
    scene = read_keypoints(SAMPLES / "clip_Sports2D", size=(1280, 720))
    assert (scene.fps, [person.id for person in scene.people]) == (Fraction(30), [0, 1])
    for number, person in enumerate(scene.people):
        keypoints = person.track.keypoints
        wrist = by_name("halpe26").joints.index("left_wrist")
        assert keypoints.score[:, wrist].tolist() == [1, 0, 0, 1]
        keypoints.score[1, wrist], keypoints.xy[1, wrist] = 1, place("left_wrist", 11, number)
        check(person.track, "halpe26", [10, 11, 13], number, 1, {"left_eye", "right_eye", "left_ear", "right_ear"})
    one = read_keypoints(SAMPLES / "clip_Sports2D" / "clip_Sports2D_px_person01.trc", size=(1280, 720))
    assert [person.id for person in one.people] == [1]


def test_sports2d_with_a_byte_order_mark_and_spaces(tmp_path: Path) -> None:
    path = SAMPLES / "clip_Sports2D" / "clip_Sports2D_px_person00.trc"
    plain = read_keypoints(path, size=(1280, 720)).people[0].track.keypoints
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace("\t", " \t").replace("Frame# ", "Frame#")
    (tmp_path / path.name).write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    again = read_keypoints(tmp_path / path.name, size=(1280, 720)).people[0].track.keypoints
    np.testing.assert_array_equal(again.xy, plain.xy)
    filled = ["\t".join(cell or "0" for cell in line.split("\t")) for line in lines[5:]]
    (tmp_path / path.name).write_text("\n".join([*lines[:5], *filled]).expandtabs(2))
    again = read_keypoints(tmp_path / path.name, size=(1280, 720)).people[0].track.keypoints
    np.testing.assert_array_equal(again.xy, plain.xy)


def test_hidden_files_and_empty_frames_of_a_folder(tmp_path: Path) -> None:
    for path in (SAMPLES / "openpose").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / f"._{path.name}").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "walk_000000000004_keypoints.json").touch()
    (tmp_path / "walk_000000000005_keypoints.json").write_text("{}")
    (person,) = read_keypoints(tmp_path, **KNOWN).people
    assert person.track.frames[person.track.observed].tolist() == [0, 1, 3]


def test_metres_are_no_pixels(tmp_path: Path) -> None:
    metres = tmp_path / "clip_Sports2D_m_person00.trc"
    metres.write_bytes((SAMPLES / "clip_Sports2D" / "clip_Sports2D_px_person00.trc").read_bytes())
    with pytest.raises(InputError, match="does not say that it is in pixels"):
        read_keypoints(metres, size=(1280, 720))


def test_our_own_files_are_taken_as_they_are(tmp_path: Path) -> None:
    scene = read_keypoints(SAMPLES / "openpose", **KNOWN)
    for name in ("people.npz", "people.json.gz", "people.json"):
        export(scene, tmp_path / name)
        again: Scene = read_keypoints(tmp_path / name)
        np.testing.assert_allclose(again.people[0].track.keypoints.xy, scene.people[0].track.keypoints.xy, atol=0.01)
    with pytest.raises(InputError, match="contains its skeleton"):
        read_keypoints(tmp_path / "people.json", fps=30)
