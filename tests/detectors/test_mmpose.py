"""mmpose's and mmdet's own code on small models of their own configs, with random or hand-made weights.

Random weights find nobody: a person network whose last layer is set by hand finds boxes that are known beforehand.
"""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vidmotion import weights
from vidmotion.detectors import create_detector, resolve_detector_name
from vidmotion.detectors.mmpose.compat import import_mmpose, warnings_ignored
from vidmotion.detectors.mmpose.model_names import Files, locate, packaged_config, parse_name
from vidmotion.detectors.mmpose.networks import PersonNetwork, PoseNetwork, WholePicture
from vidmotion.detectors.mmpose.published_models import PERSON_MODELS, POSE_MODELS
from vidmotion.errors import InputError, MissingExtraError, WeightsError
from vidmotion.pipeline import Pipeline
from vidmotion.settings import Settings

pytestmark = pytest.mark.skipif(find_spec("mmpose") is None, reason="needs the extra mmpose")

CPU = torch.device("cpu")
RTMPOSE = "mmpose::body_2d_keypoint/rtmpose"
WHOLEBODY = "mmpose::wholebody_2d_keypoint/rtmpose/coco-wholebody/rtmpose-m_8xb64-270e_coco-wholebody-256x192.py"
SMALL_POSE = """
_base_ = {base!r}
model = dict(
    backbone=dict(deepen_factor=0.167, widen_factor=0.125),
    head=dict(in_channels=128, gau_cfg=dict(hidden_dims=32, s=16)),
    {more}
)
"""
SMALL_PERSON = """
_base_ = {base!r}
model = dict(
    backbone=dict(deepen_factor=0.167, widen_factor=0.125),
    neck=dict(in_channels=[32, 64, 128], out_channels=16),
    bbox_head=dict(in_channels=16, feat_channels=16, stacked_convs=1),
)
"""
HALPE = f"{RTMPOSE}/body8/rtmpose-t_8xb1024-700e_body8-halpe26-256x192.py"


@dataclass
class Workshop:
    """Makes small models, each a config and a checkpoint."""

    folder: Path

    def pose(self, base: str = HALPE, more: str = "") -> Files:
        """Random weights; the same for the same config."""
        from mmpose.models import build_pose_estimator

        files = self._write("pose", SMALL_POSE.format(base=base, more=more))
        network = self._build(files, build_pose_estimator)
        # So that pictures make a difference behind many layers of random weights.
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = None
        with warnings_ignored():
            network.train().backbone(torch.randn(8, 3, 256, 192))  # type: ignore[operator]
        torch.save({"state_dict": network.state_dict()}, files.checkpoint)
        return files

    def person(self, sure: float, reach: float) -> Files:
        """Finds somebody around every point of its coarsest grid, whatever the picture.

        Args:
            sure: the score, in 0..1.
            reach: from the point to each side of the box, in cells of the grid.
        """
        from mmdet.registry import MODELS

        base = packaged_config(PERSON_MODELS["rtmdet-nano"].config)
        files = self._write("person", SMALL_PERSON.format(base=str(base)))
        network = self._build(files, MODELS.build)
        state = network.state_dict()
        for level, score in enumerate((1e-9, 1e-9, sure)):
            state[f"bbox_head.rtm_cls.{level}.weight"].zero_()
            state[f"bbox_head.rtm_cls.{level}.bias"].fill_(float(np.log(score / (1 - score))))
            state[f"bbox_head.rtm_reg.{level}.weight"].zero_()
            state[f"bbox_head.rtm_reg.{level}.bias"].fill_(reach)
        torch.save({"state_dict": state}, files.checkpoint)
        return files

    def _write(self, kind: str, config: str) -> Files:
        name = f"{kind}{len(list(self.folder.iterdir()))}"
        files = Files(self.folder / f"{name}.py", self.folder / f"{name}.pth")
        files.config.write_text(config)
        return files

    def _build(self, files: Files, build: Any) -> torch.nn.Module:
        from mmengine import Config, DefaultScope
        from mmengine.model import revert_sync_batchnorm

        import_mmpose()
        torch.manual_seed(0)
        with warnings_ignored():
            config = Config.fromfile(files.config)
            with DefaultScope.overwrite_default_scope(config.default_scope):
                return revert_sync_batchnorm(build(config.model))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    import_mmpose()
    return Workshop(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pose(workshop: Workshop) -> Files:
    return workshop.pose()


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (360, 640, 3), np.uint8)


BOXES = np.array([[20, 10, 220, 350], [300, -40, 420, 200], [500, 100, 660, 380]], np.float32)


def test_points_are_those_of_mmposes_own_inference(pose: Files, rgb: np.ndarray) -> None:
    from mmpose.apis import inference_topdown, init_model

    with warnings_ignored():
        model = init_model(str(pose.config), str(pose.checkpoint), device="cpu")
        wanted = [one.pred_instances for one in inference_topdown(model, rgb[..., ::-1].copy(), BOXES)]
    xy, score = PoseNetwork(pose, CPU).read(rgb, BOXES)
    assert xy.shape == (3, 26, 2)
    np.testing.assert_allclose(xy, np.concatenate([one.keypoints for one in wanted]), atol=1e-3)
    np.testing.assert_allclose(score, np.concatenate([one.keypoint_scores for one in wanted]).clip(0, 1), atol=1e-5)
    assert np.unique(xy.round()).size > 50


def test_all_people_at_once_are_as_one_by_one(pose: Files, rgb: np.ndarray) -> None:
    network = PoseNetwork(pose, CPU)
    together = network.read(rgb, BOXES)
    alone = [network.read(rgb, box[None]) for box in BOXES]
    for part in (0, 1):
        np.testing.assert_allclose(together[part], np.concatenate([one[part] for one in alone]), atol=1e-3)


@pytest.mark.parametrize(
    ("base", "more", "skeleton", "points"),
    [
        (HALPE, "", "halpe26", 26),
        (f"{RTMPOSE}/body8/rtmpose-t_8xb256-420e_body8-256x192.py", "", "coco17", 17),
        (WHOLEBODY, "", "coco23", 23),
        (HALPE, "test_cfg=dict(output_keypoint_indices=list(range(17)))", "coco17", 17),
    ],
)
def test_skeletons(workshop: Workshop, rgb: np.ndarray, base: str, more: str, skeleton: str, points: int) -> None:
    network = PoseNetwork(workshop.pose(base, more), CPU)
    assert network.skeleton == skeleton
    xy, score = network.read(rgb, BOXES)
    assert (xy.shape, score.shape) == ((3, points, 2), (3, points))


def test_scores_beyond_one_are_cut(workshop: Workshop, rgb: np.ndarray) -> None:
    files = workshop.pose(HALPE, "data_preprocessor=dict(std=[0.01, 0.01, 0.01])")
    content = torch.load(files.checkpoint)
    for name in ("head.cls_x.weight", "head.cls_y.weight"):
        content["state_dict"][name] *= 1000
    torch.save(content, files.checkpoint)
    _, score = PoseNetwork(files, CPU).read(rgb, BOXES)
    assert score.max() == 1


def test_people_are_found_where_they_are(workshop: Workshop, rgb: np.ndarray) -> None:
    """A grid of cells of 32 pixels in a picture shrunk to 320 x 180: every box is known."""
    boxes, score = PersonNetwork(workshop.person(0.9, reach=1), CPU).find(rgb)
    x, y = (np.arange(count) * 64.0 for count in (10, 7))
    wanted = {(max(i - 64, 0), max(j - 64, 0), min(i + 64, 640), min(j + 64, 360)) for i in x for j in y}
    assert {tuple(box.round(2).tolist()) for box in boxes} == wanted
    np.testing.assert_allclose(score, 0.9, atol=1e-4)


@pytest.mark.parametrize(("sure", "people"), [(0.29, 0), (0.31, 1)])
def test_doubtful_people_are_left_out(workshop: Workshop, rgb: np.ndarray, sure: float, people: int) -> None:
    """Every box covers the picture, so suppression leaves one."""
    boxes, _ = PersonNetwork(workshop.person(sure, reach=10), CPU).find(rgb)
    assert boxes.tolist() == [[0, 0, 640, 360]] * people


def plain_nms(boxes: np.ndarray, scores: np.ndarray, threshold: float, offset: int) -> list[int]:
    """As it is defined, box by box."""
    kept: list[int] = []
    for one in np.argsort(-scores).tolist():
        overlaps = []
        for other in kept:
            low, high = np.maximum(boxes[one, :2], boxes[other, :2]), np.minimum(boxes[one, 2:], boxes[other, 2:])
            inside = (high - low + offset).clip(0).prod()
            areas = [(boxes[k, 2:] - boxes[k, :2] + offset).prod() for k in (one, other)]
            overlaps.append(inside / (sum(areas) - inside))
        if all(overlap <= threshold for overlap in overlaps):
            kept.append(one)
    return kept


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("threshold", [0.3, 0.6])
def test_suppression_by_mmcv_is_as_defined(threshold: float, offset: int) -> None:
    import_mmpose()
    from mmcv.ops import nms

    draws = np.random.default_rng(1)
    for count in (0, 1, 5, 60):
        low = draws.uniform(0, 60, (count, 2))
        boxes = np.concatenate([low, low + draws.uniform(5, 40, (count, 2))], 1).astype(np.float32)
        scores = draws.permutation(count).astype(np.float32)
        _, kept = nms(torch.from_numpy(boxes), torch.from_numpy(scores), threshold, offset)
        assert kept.tolist() == plain_nms(boxes.astype(float), scores, threshold, offset)


@pytest.mark.skipif(find_spec("mmcv") is None or find_spec("mmcv._ext") is not None, reason="mmcv is compiled")
def test_operations_that_mmcv_lite_lacks() -> None:
    import_mmpose()
    from mmcv.ops import roi_align

    with pytest.raises(MissingExtraError, match="needs roi_align_forward of the compiled mmcv"):
        roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2)


def test_checkpoints_with_records_of_the_training(pose: Files, rgb: np.ndarray, tmp_path: Path) -> None:
    from mmengine.logging import HistoryBuffer

    content = torch.load(pose.checkpoint)
    content["meta"] = {"epoch": 3, "colors": np.zeros((26, 3), np.uint8), "best": np.float64(0.7)}
    content["message_hub"] = {"loss": HistoryBuffer([1.0, 0.5], [1, 1])}
    torch.save(content, tmp_path / "full.pth")
    full = PoseNetwork(Files(pose.config, tmp_path / "full.pth"), CPU)
    assert (full.read(rgb, BOXES)[0] == PoseNetwork(pose, CPU).read(rgb, BOXES)[0]).all()


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.folder),)


def test_checkpoints_run_no_code(pose: Files, tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "meta": Evil(tmp_path / "run")}, tmp_path / "evil.pth")
    with pytest.raises(
        WeightsError, match=r"evil\.pth cannot be read as a checkpoint without running code: it needs posix.mkdir"
    ):
        PoseNetwork(Files(pose.config, tmp_path / "evil.pth"), CPU)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no checkpoint", "cannot be read as a checkpoint"),
        ({"state_dict": {}}, "it lacks "),
        ([1, 2], "it lacks "),
        ({"state_dict": {"backbone.stem.0.conv.weight": torch.zeros(1)}}, "does not fit .*size mismatch"),
    ],
)
def test_checkpoints_that_do_not_fit(pose: Files, tmp_path: Path, content: Any, reason: str) -> None:
    path = tmp_path / "bad.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(WeightsError, match=reason):
        PoseNetwork(Files(pose.config, path), CPU)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("model = dict(", "makes no model .SyntaxError"),
        ("model = dict(type='Nothing')", "makes no model .*Nothing"),
        ("_base_ = 'mmpose::body_2d_keypoint/rtmo/coco/rtmo-s_8xb32-600e_coco-640x640.py'", "wanted a Topdown"),
        (
            f"_base_ = {HALPE!r}\ntrain_dataloader = dict(dataset=dict(metainfo=dict(from_file='gone.py')))",
            "makes no model .FileNotFoundError: .*gone.py",
        ),
        (f"_base_ = '{RTMPOSE}/mpii/rtmpose-m_8xb64-210e_mpii-256x256.py'", "its 16 points .* skeletons halpe26"),
    ],
)
def test_configs_that_cannot_be_used(workshop: Workshop, tmp_path: Path, config: str, reason: str) -> None:
    (tmp_path / "bad.py").write_text(config)
    files = Files(tmp_path / "bad.py", tmp_path / "bad.pth")
    if "mpii" in config or "gone" in config:  # its points are asked for once its weights fit
        torch.save({"state_dict": workshop._build(files, _any_pose).state_dict()}, files.checkpoint)
    with pytest.raises(InputError, match=reason):
        PoseNetwork(files, CPU)


def _any_pose(config: Any) -> torch.nn.Module:
    from mmpose.models import build_pose_estimator

    return build_pose_estimator(config)


def test_missing_files_are_named(tmp_path: Path, pose: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "search_folders", lambda: [tmp_path])
    pose_address, person_address = POSE_MODELS["rtmpose-m"].address, PERSON_MODELS["rtmdet-m"].address
    wanted = f"{pose_address} and {person_address}: download into {weights.cache_folder()}"
    with pytest.raises(WeightsError) as error:
        create_detector("mmpose")
    assert wanted in str(error.value)
    with pytest.raises(WeightsError, match=r"gone\.pth: no such checkpoint"):
        create_detector(f"mmpose:{pose.config},gone.pth,picture")
    with pytest.raises(InputError, match=r"gone\.py: no such config"):
        create_detector(f"mmpose:gone.py,{pose.checkpoint},picture")
    (tmp_path / POSE_MODELS["rtmpose-m"].checkpoint).touch()
    (files,) = locate(parse_name("mmpose:picture"))
    assert files.checkpoint.parent == tmp_path


@pytest.mark.parametrize("name", [*POSE_MODELS, *PERSON_MODELS])
def test_published_models_are_as_their_package_tells(name: str) -> None:
    model = POSE_MODELS.get(name) or PERSON_MODELS[name]
    config = packaged_config(model.config)
    assert config.is_file()
    if name in POSE_MODELS:
        assert f"Weights: {model.address}\n" in (config.parent / "rtmpose_body8-halpe26.yml").read_text() + "\n"


def test_a_video_becomes_motion(workshop: Workshop, pose: Files, sample: Path) -> None:
    """The person network finds the whole picture, so both ways give the same points, tracks and motion."""
    found = workshop.person(0.9, reach=10)
    scenes, motions = [], []
    for person in ("picture", f"{found.config},{found.checkpoint}"):
        name = f"mmpose:{pose.config},{pose.checkpoint},{person}"
        scenes.append(Pipeline(Settings(detector=name, end=0.7)).lift(sample))
        (one,) = scenes[-1].people
        assert one.track.keypoints.skeleton == "halpe26"
        assert one.motion is not None
        assert one.motion.joints.shape == (len(one.track), 17, 3)
        assert np.isfinite(one.motion.joints).all()
        motions.append(one.motion.joints)
    np.testing.assert_allclose(motions[0], motions[1], atol=1e-4)
    detector = scenes[1].provenance["detector"]
    files = (pose.config, pose.checkpoint, found.config, found.checkpoint)
    assert detector["name"] == f"mmpose:{','.join(file.name for file in files)}"
    assert detector["licence"].startswith(f"points: that of {pose.checkpoint.name}, chosen by the user; people: ")


def test_what_was_found_is_kept_by_the_files(pose: Files, tmp_path: Path) -> None:
    name = f"mmpose:{pose.config},{tmp_path / 'other.pth'},picture"
    (tmp_path / "other.pth").write_bytes(b"one")
    first = resolve_detector_name(name)
    (tmp_path / "other.pth").write_bytes(b"two")
    assert resolve_detector_name(name) != first


def test_the_whole_picture(rgb: np.ndarray) -> None:
    boxes, score = WholePicture().find(rgb)
    assert (boxes.tolist(), score.tolist()) == ([[0, 0, 640, 360]], [1])
