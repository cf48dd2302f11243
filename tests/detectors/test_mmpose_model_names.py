"""What `--detector mmpose[:...]` means, and what holds without mmpose."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

import vidmotion
from vidmotion.cli.checks import check_detector
from vidmotion.detectors import check_detector_name, create_detector
from vidmotion.detectors.base import Picture
from vidmotion.detectors.mmpose.model_names import Files, ModelSelection, parse_name
from vidmotion.detectors.mmpose.published_models import PERSON_MODELS, POSE_MODELS
from vidmotion.detectors.mmpose.skeleton_names import match_skeleton
from vidmotion.detectors.topdown import TopDownDetector, distinct
from vidmotion.errors import InputError, MissingExtraError
from vidmotion.skeletons import COCO17, COCO23, HALPE26
from vidmotion.types import Floats

MINE = Files(Path("my.py"), Path("my.pth"))
FINDS = Files(Path("C:/det.py"), Path("C:/det.pth"))
WINDOWS = Files(Path("C:\\My models\\my.py"), Path("D:\\my.pth"))


@pytest.mark.parametrize(
    ("name", "selection"),
    [
        ("mmpose", ModelSelection(POSE_MODELS["rtmpose-m"], PERSON_MODELS["rtmdet-m"])),
        ("mmpose:rtmpose-l", ModelSelection(POSE_MODELS["rtmpose-l"], PERSON_MODELS["rtmdet-m"])),
        ("mmpose:rtmdet-nano", ModelSelection(POSE_MODELS["rtmpose-m"], PERSON_MODELS["rtmdet-nano"])),
        ("mmpose:picture", ModelSelection(POSE_MODELS["rtmpose-m"], None)),
        ("mmpose:my.py,my.pth", ModelSelection(MINE, PERSON_MODELS["rtmdet-m"])),
        ("mmpose:my.py,my.pth,picture", ModelSelection(MINE, None)),
        ("mmpose:my.py,my.pth,C:/det.py,C:/det.pth", ModelSelection(MINE, FINDS)),
        ("mmpose:rtmpose-s,C:/det.py,C:/det.pth", ModelSelection(POSE_MODELS["rtmpose-s"], FINDS)),
        ("mmpose:C:\\My models\\my.py,D:\\my.pth,picture", ModelSelection(WINDOWS, None)),
    ],
)
def test_names(name: str, selection: ModelSelection) -> None:
    assert parse_name(name) == selection


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mmpose:", "no model ''; wanted rtmpose-m, .*rtmdet-m, .*picture or CONFIG.py,CHECKPOINT.pth"),
        ("mmpose:hrnet", "no model 'hrnet'"),
        ("mmpose:my.py", "no checkpoint after my.py; wanted my.py,CHECKPOINT.pth"),
        ("mmpose:my.py,det.py", "no checkpoint after my.py"),
        ("mmpose:rtmpose-m,rtmpose-l", "at most one pose model and one person model"),
        ("mmpose:picture,rtmdet-m", "at most one pose model and one person model"),
        ("mmpose-l", "unknown detector 'mmpose-l'; known: auto, movenet, best, blazepose, blazepose-heavy, mmpose"),
    ],
)
def test_wrong_names(name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_detector_name(name)


def test_name_and_licence_of_a_selection() -> None:
    selection = parse_name("mmpose:/home/me/my.py,/home/me/my.pth")
    assert selection.name == "mmpose:my.py,my.pth,rtmdet-m"
    assert selection.licence.startswith(
        "points: that of my.pth, chosen by the user; people: OpenMMLab (Apache-2.0 code"
    )
    assert "Objects365, which is for academic purposes only" in selection.licence
    assert "Halpe and PoseTrack18, some for research only" in parse_name("mmpose:picture").licence


def test_the_command_line_refuses_wrong_names() -> None:
    check_detector("mmpose:my.py,my.pth,picture")
    with pytest.raises(typer.BadParameter, match="no model 'hrnet'"):
        check_detector("mmpose:hrnet")


def test_only_this_package_imports_mmpose() -> None:
    package = Path(vidmotion.__file__).parent
    pattern = re.compile(r"^\s*(?:import|from) (?:mmpose|mmdet|mmengine|mmcv|torchvision)\b", re.MULTILINE)
    found = {path.parent for path in package.rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))}
    assert found == {package / "detectors" / "mmpose"}


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mmpose", None)
    with pytest.raises(MissingExtraError, match=r"needs mmpose.*: run `pip install 'vidmotion\[mmpose\]'`"):
        create_detector("mmpose")


def test_points_are_matched_by_name() -> None:
    face = tuple(f"face-{place}" for place in range(68))
    assert match_skeleton(HALPE26.joints, "") == (HALPE26, list(range(26)))
    assert match_skeleton(COCO23.joints + face, "") == (COCO23, list(range(23)))
    turned = [name.replace("_", " ").title() for name in reversed(COCO17.joints)]
    assert match_skeleton(turned, "") == (COCO17, list(range(16, -1, -1)))


def test_points_of_another_kind() -> None:
    names = [f"point_{place}" for place in range(17)]
    wanted = r"my.py: its 17 points \(point_0, point_1, point_2 ...\) do not contain any of the skeletons halpe26 \(26"
    with pytest.raises(InputError, match=wanted):
        match_skeleton(names, "my.py")


SHAPE = np.random.default_rng(0).uniform(0, 100, (17, 2)).astype(np.float32)


def test_the_better_of_two_poses_of_one_person_stays() -> None:
    half = SHAPE + np.where(np.arange(17)[:, None] < 7, 60, 2)  # an upper body that was found again, the rest guessed
    other = SHAPE[::-1] + 4
    xy = np.stack([half, other, SHAPE]).astype(np.float32)
    assert distinct(xy, np.array([0.5, 0.4, 0.9])) == [2, 1]


class FixedModels:
    """A person finder and a pose estimator that return fixed values."""

    skeleton = "coco17"

    def __init__(self, xy: Floats, score: Floats) -> None:
        self.xy, self.score = xy, score

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        return np.zeros((len(self.xy), 4), np.float32), np.ones(len(self.xy), np.float32)

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        assert len(boxes)
        return self.xy, self.score


def test_boxes_hold_the_points_that_are_seen() -> None:
    xy = np.stack([SHAPE - 50, SHAPE + 900, SHAPE])
    score = np.ones((3, 17), np.float32)
    score[0, SHAPE[:, 0].argmax()] = score[2] = 0
    models = FixedModels(xy, score)
    (found,) = TopDownDetector("mmpose", "free", models, models).detect(np.zeros((40, 30, 3), np.uint8), 0)
    right = np.sort(SHAPE[:, 0])[-2] - 50
    assert found.box.tolist() == pytest.approx([0, 0, min(right, 30), min(SHAPE[:, 1].max() - 50, 40)])
    assert (found.xy == xy[0]).all()


def test_nobody() -> None:
    models = FixedModels(np.zeros((0, 17, 2), np.float32), np.zeros((0, 17), np.float32))
    assert TopDownDetector("mmpose", "free", models, models).detect(np.zeros((40, 30, 3), np.uint8), 0) == []
