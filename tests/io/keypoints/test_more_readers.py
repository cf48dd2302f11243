"""DeepLabCut's, Ultralytics' and VideoPose3D's files are read: identities, frame numbers, points, scores, size."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.io.keypoints.writers import save
from vidmotion.errors import InputError
from vidmotion.io.keypoints import KeypointFile, read_keypoint_file
from vidmotion.skeletons import COCO17
from vidmotion.tracking.imported_keypoints import read_keypoints

SIZE = (640, 480)


def points(frame: int, person: int = 0) -> np.ndarray:
    """(17, 3) pixels and scores of COCO's points; the left wrist was not found in frame 1."""
    xy = np.stack([100.0 + 10 * np.arange(17) + 200 * person + frame, 50.0 + 8 * np.arange(17)], 1)
    found = np.column_stack([xy, np.full(17, 0.75)])
    if frame == 1:
        found[COCO17.joints.index("left_wrist")] = 0
    return found


def read(path: Path) -> KeypointFile:
    content = read_keypoint_file(path)
    assert isinstance(content, KeypointFile)
    return content


def check(content: KeypointFile, frames: list[tuple[int, int | None]], score: float = 0.75, scale: float = 1) -> None:
    """Frames and identities; the points of the first person or, in pairs of one frame, of both."""
    assert [(one.frame, one.person_id) for one in content.people] == frames
    numbers: dict[int, int] = {}
    for one in content.people:
        person = numbers.setdefault(one.frame, -1) + 1
        numbers[one.frame] = person
        wanted = points(one.frame, person)
        np.testing.assert_allclose(one.points[:, :2] * (np.array(SIZE) if scale != 1 else 1), wanted[:, :2], atol=0.01)
        np.testing.assert_allclose(one.points[:, 2], np.where(wanted[:, 2] > 0, score, 0), atol=1e-6)


def deeplabcut(path: Path, animals: int, index: Callable[[int], str] = str, likelihood: bool = True) -> Path:
    parts = ["x", "y", "likelihood"][: 3 if likelihood else 2]
    blank = [""] * index(0).count(",")
    header = {
        "scorer": ["DLC_resnet50"] * 17 * animals * len(parts),
        "individuals": [f"person{at}" for at in range(animals) for _ in range(17 * len(parts))],
        "bodyparts": [name for _ in range(animals) for name in COCO17.joints for _ in parts],
        "coords": parts * 17 * animals,
    }
    if animals == 1:
        del header["individuals"]
    rows = [",".join([name, *blank, *cells]) for name, cells in header.items()]
    for frame in (0, 1, 3):
        cells = [index(frame)]
        for animal in range(animals):
            for point in points(frame, animal):
                cells += [str(value) if point[2] else "" for value in point[: len(parts)]]
        rows.append(",".join(cells))
    path.write_text("\n".join(rows) + "\n")
    return path


def test_deeplabcut_with_one_animal(tmp_path: Path) -> None:
    content = read(deeplabcut(tmp_path / "a.csv", 1))
    check(content, [(0, 0), (1, 0), (3, 0)])
    assert content.point_names == COCO17.joints


def test_deeplabcut_with_individuals(tmp_path: Path) -> None:
    check(read(deeplabcut(tmp_path / "a.csv", 2)), [(0, 0), (0, 1), (1, 0), (1, 1), (3, 0), (3, 1)])


@pytest.mark.parametrize("index", ["labeled-data/clip/img{:04d}.png", "labeled-data,clip,img{:04d}.png"])
def test_deeplabcut_s_labels_are_numbered_by_their_pictures(index: str, tmp_path: Path) -> None:
    content = read(deeplabcut(tmp_path / "CollectedData_me.csv", 1, index.format, likelihood=False))
    check(content, [(0, 0), (1, 0), (3, 0)], score=1)


def test_parts_may_be_called_by_joint_and_side(tmp_path: Path) -> None:
    path = deeplabcut(tmp_path / "a.csv", 1)
    text = path.read_text().replace("left_shoulder", "shoulder_left").replace("right_knee", "Knee R")
    path.write_text(text)
    scene = read_keypoints(path, fps=5, size=SIZE)
    np.testing.assert_allclose(scene.people[0].track.keypoints.xy[0], points(0)[:, :2], atol=0.01)


def person(frame: int, number: int = 0, size: tuple[int, int] = (1, 1), **more: Any) -> dict[str, Any]:
    """A person as `Results.summary()` gives it; coordinates are divided by `size`."""
    x, y, score = points(frame, number).T
    axes = {"x": (x / size[0]).tolist(), "y": (y / size[1]).tolist(), "visible": [0.75] * len(score)}
    return {"name": "person", "class": 0, "confidence": 0.9, "box": {"x1": 0, "y1": 0}, "keypoints": axes} | more


def test_ultralytics_json_of_frames_and_of_one_picture(tmp_path: Path) -> None:
    frames = [[person(0, track_id=7)], [person(1, track_id=7), person(1, 1, track_id=4)], [], [person(3, track_id=7)]]
    check(read(save(tmp_path / "a.json", frames)), [(0, 7), (1, 7), (1, 4), (3, 7)])
    check(read(save(tmp_path / "b.json", [person(0), person(0, 1)])), [(0, None), (0, None)])
    shares = read(save(tmp_path / "c.json", [[], [person(1, size=SIZE)]]))
    check(shares, [(1, None)], scale=640)
    assert shares.is_normalized


@pytest.mark.parametrize("ending", ["", " 0.91", " 7", " 0.91 7"])
@pytest.mark.parametrize("scores", [True, False])
def test_ultralytics_labels(ending: str, scores: bool, tmp_path: Path) -> None:
    for frame in (0, 1, 3):
        shares = points(frame)[:, : 3 if scores else 2] / [*SIZE, 1][: 3 if scores else 2]
        cells = " ".join(f"{value:.7g}" for value in shares.ravel())
        (tmp_path / f"clip_{frame + 1}.txt").write_text(f"0 0.5 0.5 0.2 0.2 {cells}{ending}\n")
    (tmp_path / "clip_5.txt").touch()
    number = 7 if ending.endswith("7") else None
    content = read(tmp_path)
    check(content, [(0, number), (1, number), (3, number)], score=0.75 if scores else 1, scale=640)
    assert content.is_normalized
    (tmp_path / "clip_2.txt").write_text("0 0.5 0.5\n")
    with pytest.raises(InputError, match=r"clip_2.txt: a line has 3 numbers; wanted class, box"):
        read(tmp_path)


def test_the_numbers_of_pictures_stay(tmp_path: Path) -> None:
    cells = " ".join(f"{value:.7g}" for value in (points(3)[:, :2] / SIZE).ravel())
    (tmp_path / "frame_0003.txt").write_text(f"0 0.5 0.5 0.2 0.2 {cells}\n")
    check(read(tmp_path), [(3, None)], score=1, scale=640)


def videopose3d(path: Path, videos: int = 1, **more: Any) -> Path:
    array = np.stack([points(frame)[:, :2] for frame in (0, 2, 2, 3)]).astype(np.float32)
    array[1] = np.nan
    names = [f"clip{number}.mp4" for number in range(videos)]
    positions: Any = {name: {"custom": [array]} for name in names}
    metadata: Any = {
        "layout_name": "coco", "num_joints": 17, "keypoints_symmetry": [[1, 3], [2, 4]],
        "video_metadata": {name: {"w": 640, "h": 480} for name in names},
    }  # fmt: skip
    np.savez_compressed(path, allow_pickle=True, **({"positions_2d": positions, "metadata": metadata} | more))
    return path


def test_videopose3d_has_the_size_of_its_video(tmp_path: Path) -> None:
    scene = read_keypoints(videopose3d(tmp_path / "data_2d_custom_clip.npz"), fps=5)
    (found,) = scene.people
    assert (scene.size, found.track.keypoints.skeleton) == (SIZE, "coco17")
    assert found.track.frames[found.track.observed].tolist() == [0, 2, 3]
    np.testing.assert_allclose(found.track.keypoints.xy[2], points(2)[:, :2], atol=0.01)


def test_videopose3d_with_several_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a.npz: holds 2 videos or cameras \(clip0.mp4, clip1.mp4\), wanted one"):
        read(videopose3d(tmp_path / "a.npz", 2))


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_no_code_of_a_file_runs(tmp_path: Path) -> None:
    holder = np.empty((), dtype=object)
    holder[()] = {"clip": Bomb(tmp_path / "ran")}
    path = videopose3d(tmp_path / "a.npz", positions_2d=holder)
    with pytest.raises(InputError, match=r"a.npz: calls .*mkdir, which no file of VideoPose3D needs") as caught:
        read(path)
    assert str(caught.value).count("a.npz") == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "scorer,me\nbodyparts,nose\n", "lacks `bodyparts` or `coords`"),
        ("a.csv", "scorer,me,me\nbodyparts,nose,nose\ncoords,x,y\n0,left,1\n", "'left' is not a number"),
        ("a.json", json.dumps([[person(0) | {"keypoints": {"x": [1], "y": [2, 3]}}]]), "not laid out as such files"),
    ],
)
def test_damaged_files_are_one_line(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        read_keypoints(tmp_path / name, fps=30, size=SIZE)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    """Its header of an array never ends; numpy raises a SyntaxError or a TokenError for it."""
    header = "{" * 118 + "\n"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    for names in (["scene"], ["positions_2d", "metadata"]):
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            for name in names:
                archive.writestr(f"{name}.npy", member)
        with pytest.raises(InputError) as caught:
            read_keypoint_file(tmp_path / "a.npz")
        assert str(caught.value).startswith(str(tmp_path / "a.npz"))
