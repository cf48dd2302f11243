"""People in pictures become clips of one frame, tracks become clips; points without a label are missing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidmotion.data.mocap import read_mocap
from vidmotion.data.packed_keypoints import read_points
from vidmotion.errors import InputError
from vidmotion.skeletons import COCO17, POSETRACK17

Run = Callable[..., tuple[int, str]]


def points(flag: float = 2, shift: float = 0) -> list[float]:
    """17 keypoints at (10 i, 20 i)."""
    return [value for i in range(17) for value in (10.0 * i + shift, 20.0 * i, flag)]


def save(path: Path, images: list[Any], people: list[Any], names: tuple[str, ...] = COCO17.joints) -> Path:
    tree = {"images": images, "annotations": people, "categories": [{"id": 1, "keypoints": list(names)}]}
    path.write_text(json.dumps(tree))
    return path


def test_people_on_pictures(data: Run, tmp_path: Path) -> None:
    hidden = points()
    hidden[3 * 9 : 3 * 9 + 3] = [0, 0, 0]  # left wrist
    hidden[3 * 10 + 2] = 1  # right wrist
    people = [
        {"id": 5, "image_id": 1, "keypoints": hidden, "iscrowd": 0},
        {"id": 6, "image_id": 1, "keypoints": points(), "iscrowd": 1},
        {"id": 7, "image_id": 1, "keypoints": points(0)},
        {"id": 8, "image_id": 1},
    ]
    path = save(tmp_path / "train.json", [{"id": 1, "width": 640, "height": 480, "file_name": "1.jpg"}], people)
    assert data("import", "coco2d", path, "-o", tmp_path / "out", "--split", "val")[0] == 0
    read = read_points(tmp_path / "out", "val")
    assert [(c.name, c.scene, c.person, c.frames) for c in read.clips] == [("train/5", "train/1", "5", 1)]
    assert (read.score[0, 13], read.score[0, 16]) == (0, pytest.approx(0.5, abs=0.003))
    np.testing.assert_allclose(read.rays[0, 0], (np.array([115, 230]) - [320, 240]) / (1.15 * 640), atol=1e-6)
    with pytest.raises(InputError, match="holds 2D points and no 3D"):
        read_mocap(tmp_path / "out", "val")


@pytest.mark.parametrize(
    "spell", [str.upper, lambda name: name.replace("_", " ").title(), lambda name: name[0] + name.split("_")[-1]]
)
def test_points_are_found_by_name(spell: Callable[[str], str], data: Run, tmp_path: Path) -> None:
    """In another order and in other spellings, such as "Left Shoulder" or "lshoulder"."""
    images = [{"id": 1, "width": 640, "height": 480, "file_name": "1.jpg"}]
    save(tmp_path / "a.json", images, [{"id": 5, "image_id": 1, "keypoints": points()}])
    backwards = [value for at in reversed(range(17)) for value in points()[3 * at : 3 * at + 3]]
    names = tuple(name if name == "nose" else spell(name) for name in reversed(COCO17.joints))
    save(tmp_path / "b.json", images, [{"id": 5, "image_id": 1, "keypoints": backwards}], names)
    rays = []
    for name in ("a", "b"):
        code, message = data("import", "coco2d", tmp_path / f"{name}.json", "-o", tmp_path / name)
        assert code == 0, message
        rays.append(read_points(tmp_path / name, "train").rays)
    np.testing.assert_array_equal(rays[0], rays[1])


def test_results_need_the_size_of_their_pictures(data: Run, tmp_path: Path) -> None:
    people = [{"image_id": 7, "keypoints": points(0.5), "score": 0.9, "category_id": 1}] * 2
    (tmp_path / "a.json").write_text(json.dumps(people))
    args = ["import", "coco2d", tmp_path / "a.json", "-o", tmp_path / "out"]
    code, message = data(*args)
    assert (code, "is a list of results, without the size of its pictures; pass --size" in message) == (1, True)
    assert data(*args, "--size", "640x480")[0] == 0
    read = read_points(tmp_path / "out", "train")
    assert [(c.name, c.scene, c.person) for c in read.clips] == [("a/0", "a/7", "0"), ("a/1", "a/7", "1")]
    assert read.score[0, 13] == pytest.approx(0.5, abs=0.003)


def test_of_several_categories_the_people_are_taken(data: Run, tmp_path: Path) -> None:
    images = [{"id": 1, "width": 640, "height": 480, "file_name": "1.jpg"}]
    people = [{"id": 5, "image_id": 1, "category_id": 1, "keypoints": points()},
              {"id": 6, "image_id": 1, "category_id": 2, "keypoints": [9, 9, 2] * 20}]  # fmt: skip
    categories = [{"id": 2, "name": "dog", "keypoints": ["tail"] * 20},
                  {"id": 1, "name": "person", "keypoints": COCO17.joints}]  # fmt: skip
    (tmp_path / "a.json").write_text(json.dumps({"images": images, "annotations": people, "categories": categories}))
    assert data("import", "coco2d", tmp_path / "a.json", "-o", tmp_path / "out")[0] == 0
    assert [clip.name for clip in read_points(tmp_path / "out", "train").clips] == ["a/5"]


def frame(number: int, **more: Any) -> dict[str, Any]:
    return {"id": 100 + number, "vid_id": "0007", "file_name": f"images/0007_mpii/{number:06d}.jpg"} | more


def test_tracks_keep_time(data: Run, tmp_path: Path) -> None:
    numbers = [10, 11, 14, 40]
    people = [{"id": n, "image_id": 100 + n, "track_id": 3, "keypoints": points(1, shift=n)} for n in reversed(numbers)]
    people.append({"id": 99, "image_id": 110, "keypoints": points()})  # without a track
    path = save(tmp_path / "0007.json", [frame(n) for n in numbers], people, POSETRACK17.joints)
    out = tmp_path / "out"
    code, message = data("import", "coco2d", path, "-o", out)
    assert (code, "does not contain the size of its pictures; pass --size, such as 1280x720" in message) == (1, True), (
        message
    )
    assert data("import", "coco2d", path, "-o", out, "--size", "1280x720", "--test", "0007")[0] == 0
    read = read_points(out, "test")
    assert [(c.subject, c.person, c.frames) for c in read.clips] == [("0007", "3", 5), ("0007", "3", 1)]
    rays, score = read.clip(0)
    np.testing.assert_array_equal(score[:, 16] > 0, [True, True, False, False, True])
    assert score[0, 16] == 1  # PoseTrack's 1 is seen
    np.testing.assert_allclose(rays[4, 16], (np.array([114, 200]) - [640, 360]) / (1.15 * 1280), atol=1e-6)
    np.testing.assert_allclose(rays[0, 10], (np.array([30, 40]) - [640, 360]) / (1.15 * 1280), atol=1e-6)  # head_top


def tree(names: Sequence[str], count: int, width: float = 640, **person: Any) -> str:
    """Annotations of one person with `count` points."""
    image = {"id": 1, "file_name": "1.jpg", "width": width, "height": 480}
    record = {"id": 1, "image_id": 1, "keypoints": [9.0, 9.0, 2] * count} | person
    return json.dumps({"images": [image], "annotations": [record], "categories": [{"keypoints": names}]})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "a.json: is not valid JSON"),
        ("[]", "is neither COCO's annotations (images, annotations) nor a list of COCO's results"),
        ('{"annotations": []}', "is neither COCO's annotations (images, annotations) nor a list of COCO's results"),
        ('{"images": [{"width": 1}], "annotations": []}', "a.json: lacks 'id'"),
        (tree(["tail", "nose", "ear", "hip", "foot", "paw"], 6), "lacks points named left_shoulder"),
        (tree(COCO17.joints, 16), "names 17 points and has 16"),
        (tree(COCO17.joints, 17, width=1e999), "does not contain the size of its pictures; pass --size"),
        (tree(COCO17.joints, 17, keypoints=[1e999, 0, 2] * 17), "there is nobody in these files"),
        (tree(COCO17.joints, 17, keypoints=["a", 0, 2] * 17), "holds values that are not numbers"),
        ('{"images": [], "annotations": []}', "there is nobody in these files"),
    ],
)
def test_other_json_is_named(text: str, words: str, data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    code, message = data("import", "coco2d", tmp_path / "a.json", "-o", tmp_path / "out")
    assert (code, words in message, "Traceback" in message) == (1, True, False), message
