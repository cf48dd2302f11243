"""Human3.6M's and NTU's pickles: exact 3D from pixels, the data sets' own splits, and no code is run."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vidmotion.data.importers.h36m import CAMERAS, LEGS
from vidmotion.data.mocap import read_mocap
from vidmotion.data.packed_keypoints import read_points

Run = Callable[..., tuple[int, str]]


def save(path: Path, tree: Any, protocol: int = 4) -> Path:
    path.write_bytes(pickle.dumps(tree, protocol))
    return path


def person(frames: int) -> np.ndarray:
    """(T, 17, 3) millimetres in camera axes, with legs of the average length."""
    rng = np.random.default_rng(1)
    joints = np.cumsum(rng.normal(0, 200, (17, 3)), 0) * [0.3, 0.3, 0.3]
    for first in (1, 4):
        for child in (first + 1, first + 2):
            bone = rng.normal(0, 1, 3)
            joints[child] = joints[child - 1] + bone / np.linalg.norm(bone) * LEGS * 500
    return joints - joints[0] + [100, -50, 5000] + np.arange(frames)[:, None, None] * [4.0, 0, -3.0]


def part(frames: int, camera: str, name: str, factor: bool) -> tuple[dict[str, Any], np.ndarray]:
    """A part of the pickle as the public code makes it, and the exact joints in metres."""
    focal, *middle, _, _ = CAMERAS[camera]
    joints = person(frames)
    root = joints[:, :1, 2:]
    pixels = joints[..., :2] / joints[..., 2:] * focal + middle
    scale = root / focal  # millimetres in a pixel
    image = np.concatenate([pixels, (joints[..., 2:] - root) / scale], -1)
    record = {
        "joint_2d": pixels.astype(np.float32) + 1, "confidence": np.full((frames, 17, 1), 0.9, np.float32),
        "joint3d_image": image, "camera_name": np.array([camera] * frames), "source": [name] * frames,
    }  # fmt: skip
    if factor:
        record |= {"2.5d_factor": scale.ravel(), "joints_2.5d_image": image * scale, "action": ["Eating"] * frames}
    return record, joints / 1000


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_h36m_gives_exact_joints_and_detected_points(protocol: int, data: Run, tmp_path: Path) -> None:
    one, exact = part(51, "54138969", "s_01_act_02_subact_01_ca_01", factor=False)
    other, _ = part(11, "55011271", "s_05_act_03_subact_01_ca_02", factor=False)
    train = {key: [*one[key], *other[key]] if isinstance(one[key], list) else np.concatenate([one[key], other[key]])
             for key in one}  # fmt: skip
    test, exact_test = part(6, "60457274", "S9 Eating", factor=True)
    path = save(tmp_path / "h36m.pkl", {"train": train, "test": test}, protocol)
    out = tmp_path / "out"
    code, message = data("import", "h36m", path, "-o", out)
    assert code == 0, message
    points = read_points(out, "train")
    assert points.joints is not None
    assert [(c.name[:11], c.subject, c.label, c.offset, c.frames) for c in points.clips] == [
        ("s_01_act_02", "S1", "act_02", 0, 31),
        ("s_05_act_03", "S5", "act_03", 31, 7),
    ]
    # From 50 to 30 frames a second: every third frame of the result is every fifth of the source.
    np.testing.assert_allclose(points.joints[:31:3], exact[::5], atol=2e-4)
    rays = points.joints[..., :2] / points.joints[..., 2:]
    np.testing.assert_allclose(points.rays[:31] - rays[:31], np.full((31, 17, 2), 1 / 1145), atol=1e-4)
    torch.testing.assert_close(points.score, torch.full((38, 17), 0.9), atol=0.003, rtol=0)
    tested = read_points(out, "test")
    assert (tested.clips[0].subject, tested.clips[0].label) == ("S9", "Eating")
    assert tested.joints is not None
    np.testing.assert_allclose(tested.joints[0], exact_test[0], atol=2e-4)
    # As motion capture it stands upright in a world with Y up.
    torch.testing.assert_close(read_mocap(out, "test").joints, tested.joints * torch.tensor([1.0, -1.0, -1.0]))
    code, message = data("info", out)
    assert (code, "3D, 2D" in message, "train class act_02" in message) == (0, True, True), message


def annotation(name: str, people: int, frames: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(people)
    return {
        "frame_dir": name, "label": 3, "img_shape": (1080, 1920), "original_shape": (1080, 1920),
        "total_frames": frames, "keypoint": rng.uniform(0, 1000, (people, frames, 17, 2)).astype(np.float16),
        "keypoint_score": rng.uniform(0.5, 1, (people, frames, 17)).astype(np.float16),
    }  # fmt: skip


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_ntu_keeps_people_scenes_and_its_own_splits(protocol: int, data: Run, tmp_path: Path) -> None:
    pair, alone = "S001C002P003R001A050", "S001C001P001R001A004"
    records = [annotation(pair, 2), annotation(alone, 1), annotation("S009C001P001R001A001", 1)]
    records[1]["keypoint_score"][0, 1, 0] = 0  # the nose is not part of our skeleton
    records[1]["keypoint_score"][0, 2, 15] = 0  # the left ankle is
    tree = {
        "split": {"xsub_train": [pair], "xsub_val": [alone], "xview_train": [alone], "xview_val": [pair]},
        "annotations": records,
    }
    path = save(tmp_path / "ntu60_hrnet.pkl", tree, protocol)
    out = tmp_path / "out"
    assert data("import", "ntu", path, "-o", out)[0] == 0
    both = read_points(out, "train")
    assert [(c.scene, c.person, c.label, c.subject) for c in both.clips] == [
        (pair, "0", "A050", "P003"), (pair, "1", "A050", "P003"),
    ]  # fmt: skip
    assert both.joints is None
    wrist = records[0]["keypoint"][1, :, 10].astype(float)  # COCO's right wrist
    np.testing.assert_allclose(both.clip(1)[0][:, 16], (wrist - [960, 540]) / (1.15 * 1920), atol=1e-5)
    rays, score = read_points(out, "test").clip(0)
    np.testing.assert_array_equal((score == 0).nonzero(), [[2, 6]])
    assert not rays[2, 6].any()
    assert data("import", "ntu", path, "-o", out, "-y", "--split-rule", "xview")[0] == 0
    assert [clip.scene for clip in read_points(out, "train").clips] == [alone]
    code, message = data("import", "ntu", path, "-o", out, "-y", "--split-rule", "xset")
    assert (code, "has no split xset_train, xset_val, but xsub_train" in message) == (1, True), message
    code, message = data("info", out)
    assert (code, "test class A050" in message) == (0, True), message


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch owned",)


class Late:
    """Runs a command when it is unpickled."""

    def __setstate__(self, state: Any) -> None:
        os.system("touch owned")

    def __getstate__(self) -> dict[str, int]:
        return {"x": 1}


@pytest.mark.parametrize("file_format", ["h36m", "ntu"])
@pytest.mark.parametrize(
    "value", [Evil(), Late(), Path("x"), np.array([Evil()], object), {1, 2}, os.system, np.ndarray]
)
def test_a_pickle_of_anything_else_is_refused_and_runs_nothing(
    value: Any, file_format: str, data: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "evil.pkl", {"train": {"joint_2d": value}, "test": {}, "split": {}, "annotations": []})
    code, message = data("import", file_format, "evil.pkl", "-o", "out")
    assert (code, "evil.pkl: calls " in message or "evil.pkl: holds a" in message) == (1, True), message
    assert [path.name for path in tmp_path.iterdir()] == ["evil.pkl"]


def test_what_is_missing_is_named(data: Run, tmp_path: Path) -> None:
    whole, _ = part(4, "54138969", "s_01_act_02", factor=False)
    strange, _ = part(4, "54138969", "s_01_act_02", factor=False)
    strange["camera_name"] = ["front"] * 4
    split = {"xsub_train": ["a"], "xsub_val": []}
    short = whole | {"joint_2d": whole["joint_2d"][:2]}
    blank = annotation("a", 1)
    blank["keypoint"][:] = np.nan
    for file_format, tree, words in (
        ("h36m", [1], "wanted a dictionary of train and test"),
        ("h36m", {"train": whole}, "lacks test"),
        ("h36m", {"train": {"source": []}, "test": whole}, "lacks joint_2d, confidence, joint3d_image, camera_name"),
        ("h36m", {"train": strange, "test": whole}, "unknown camera 'front'; wanted one of 54138969"),
        ("h36m", {"train": short, "test": whole}, "joint_2d of train: wanted (4, 17, 2), received (2, 17, 2)"),
        ("h36m", {"train": whole | {"confidence": 7}, "test": whole}, "its part train is damaged"),
        ("ntu", {"annotations": []}, "lacks split or annotations"),
        ("ntu", {"split": split, "annotations": [{"frame_dir": "a"}]}, "lacks one of"),
        ("ntu", {"split": split, "annotations": [annotation("a", 1) | {"img_shape": 3}]}, "its a is damaged"),
        ("ntu", {"split": split, "annotations": [blank]}, "not finite or far too large"),
    ):  # fmt: skip
        code, message = data("import", file_format, save(tmp_path / "x.pkl", tree), "-o", tmp_path / "out")
        assert (code, words in message, message.count("x.pkl: ")) == (1, True, 1), message
    (tmp_path / "x.pkl").write_bytes(b"\x80\x04nonsense")
    code, message = data("import", "ntu", tmp_path / "x.pkl", "-o", tmp_path / "out")
    assert (code, "not a valid NTU pickle; the file may be damaged" in message) == (1, True), message


def test_lists_that_name_each_other_do_not_go_on_forever(data: Run, tmp_path: Path) -> None:
    laughs: list[Any] = [0]
    for _ in range(40):
        laughs = [laughs, laughs]
    path = save(tmp_path / "a.pkl", {"train": laughs, "test": {}})
    code, message = data("import", "h36m", path, "-o", tmp_path / "out")
    assert (code, "a.pkl: is small but unpacks to far too much" in message) == (1, True), message
