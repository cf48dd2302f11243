"""mmpose's and mmdet's networks: pictures in, boxes of people and their points out. No memory from frame to frame."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vidmotion.detectors.base import Picture
from vidmotion.detectors.mmpose.compat import data_globals, prepare, quiet
from vidmotion.detectors.mmpose.model_names import Files
from vidmotion.detectors.mmpose.skeleton_names import match
from vidmotion.errors import InputError, VidmotionError, WeightsError
from vidmotion.types import Floats

PERSON_SCORE = 0.3
"""From which on a box is somebody; that of mmpose's own demo."""


class PersonNetwork:
    """A detector of mmdet."""

    def __init__(self, files: Files, device: torch.device) -> None:
        """
        Raises:
            InputError: the config cannot be run or knows no people.
            WeightsError: the checkpoint cannot be read or does not fit.
            MissingExtraError: mmpose cannot be imported.
        """
        prepare()
        self._network = _Network(files, device, "mmdet", _build_person)
        self._person = _person_label(self._network.config, files.config)

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """The people: boxes (N, 4) in pixels, inside the picture, and scores (N,) in 0..1."""
        (sample,) = self._network.run([{"img": _bgr(rgb), "img_id": 0}])
        found = sample.pred_instances
        boxes, score = found.bboxes.float().cpu().numpy(), found.scores.float().cpu().numpy()
        height, width = rgb.shape[:2]
        boxes = boxes.clip(0, [width, height, width, height])
        solid = (boxes[:, 2:] > boxes[:, :2]).all(1)
        kept = (found.labels.cpu().numpy() == self._person) & (score >= PERSON_SCORE) & solid
        return boxes[kept], score[kept]


class WholePicture:
    """In place of a `PersonNetwork`: one person fills the picture."""

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """The picture as a box (1, 4), and its score (1,)."""
        height, width = rgb.shape[:2]
        return np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32)


class PoseNetwork:
    """A top-down model of mmpose."""

    def __init__(self, files: Files, device: torch.device) -> None:
        """
        Raises:
            InputError: the config cannot be run, is no top-down model, or has points that make no known skeleton.
            WeightsError: the checkpoint cannot be read or does not fit.
            MissingExtraError: mmpose cannot be imported.
        """
        prepare()
        self._network = _Network(files, device, "mmpose", _build_pose)
        self._meta = _meta(self._network.config, files.config)
        names = [self._meta["keypoint_id2name"][place] for place in range(self._meta["num_keypoints"])]
        told = self._network.module.test_cfg.get("output_keypoint_indices")
        skeleton, self._places = match(names if told is None else [names[place] for place in told], str(files.config))
        self.skeleton = skeleton.name

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        """The points of the people in boxes (N, 4), all at once: (N, J, 2) pixels and scores (N, J) in 0..1.

        SimCC's scores are heights of two curves that training draws towards 1, and may lie a little beyond; they are
        cut there. Where a curve has no peak, mmpose gives 0 or less: the point is missing.
        """
        bgr = _bgr(rgb)
        sure = np.ones(1, np.float32)
        crops = [{"img": bgr, "bbox": box[None], "bbox_score": sure, **self._meta} for box in boxes]
        found = [sample.pred_instances for sample in self._network.run(crops)]
        xy = np.stack([one.keypoints[0, self._places, :2] for one in found])
        score = np.stack([one.keypoint_scores[0, self._places] for one in found])
        return xy.astype(np.float32), np.nan_to_num(score.astype(np.float32), posinf=1).clip(0, 1)


class _Network:
    """A config's model with its weights and its way to prepare pictures."""

    def __init__(self, files: Files, device: torch.device, scope: str, build: Callable[[Any], nn.Module]) -> None:
        from mmengine import Config, DefaultScope
        from mmengine.dataset import Compose
        from mmengine.model import revert_sync_batchnorm

        with _taking(files.config):
            self.config = Config.fromfile(files.config)
            with DefaultScope.overwrite_default_scope(self.config.get("default_scope", scope)):
                self.module = revert_sync_batchnorm(build(self.config))
                self._prepare = Compose(_steps(self.config))
        _load(self.module, files.checkpoint, files.config)
        self.module.to(device).eval()
        self._device = device

    def run(self, pictures: list[dict[str, Any]]) -> list[Any]:
        """mmpose's or mmdet's samples with their predictions, all pictures in one batch."""
        from mmengine.dataset import pseudo_collate

        half = torch.autocast(self._device.type, torch.float16, enabled=self._device.type == "cuda")
        with quiet(), torch.inference_mode(), half:
            return self.module.test_step(pseudo_collate([self._prepare(picture) for picture in pictures]))


@contextmanager
def _taking(config: Path) -> Iterator[None]:
    """A config is the user's own code: whatever it raises tells them what is wrong with it.

    Raises:
        InputError: it raised something.
    """
    try:
        with quiet():
            yield
    except VidmotionError:
        raise
    except Exception as error:
        raise InputError(f"{config} makes no model ({type(error).__name__}: {_line(error)})") from error


def _build_person(config: Any) -> nn.Module:
    from mmdet.registry import MODELS

    return MODELS.build(config.model)


def _build_pose(config: Any) -> nn.Module:
    from mmpose.models import TopdownPoseEstimator, build_pose_estimator

    network = build_pose_estimator(config.model)
    if not isinstance(network, TopdownPoseEstimator):
        raise InputError(f"{config.filename} makes a {type(network).__name__}; wanted a TopdownPoseEstimator")
    return network


def _steps(config: Any) -> list[Any]:
    """How a config prepares pictures for a test, told that they come as arrays."""
    steps = list(config.test_dataloader.dataset.pipeline)
    reader = "LoadImageFromFile"
    return [
        dict(step, type="mmdet.LoadImageFromNDArray") if step["type"].rpartition(".")[2] == reader else step
        for step in steps
    ]


def _meta(config: Any, path: Path) -> dict[str, Any]:
    """What mmpose knows of the points: names, numbers, mirrors."""
    from mmpose.apis.inference import dataset_meta_from_config

    with _taking(path):
        meta = dataset_meta_from_config(config, "train")
    if meta is None:
        raise InputError(f"{path} does not say what its points are called (train_dataloader.dataset.metainfo)")
    return meta


def _person_label(config: Any, path: Path) -> int:
    """Number of the class of people."""
    from mmdet.registry import DATASETS

    with _taking(path):
        data = config.test_dataloader.dataset
        own = getattr(DATASETS.get(data.type), "METAINFO", {})
        classes = {**own, **(data.get("metainfo") or {})}.get("classes", ())
    if "person" not in classes:
        raise InputError(f"{path} finds no people: there is no class 'person' among {len(classes)}")
    return list(classes).index("person")


def _load(network: nn.Module, path: Path, config: Path) -> None:
    """Put a checkpoint's weights into a network.

    What the file holds beside them is left alone: OpenMMLab's may have a teacher or constants too.

    Raises:
        WeightsError: the file cannot be read without running code in it, or lacks a tensor of the network.
    """
    try:
        with torch.serialization.safe_globals(data_globals()):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path} cannot be read as a checkpoint without running code{_refused(error)}") from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    try:
        missing = network.load_state_dict(state, strict=False).missing_keys
    except (RuntimeError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path} does not fit {config}: {' '.join(str(error).split())[:200]}") from None
    if missing:
        raise WeightsError(f"{path} does not fit {config}: {len(missing)} tensors are missing ({missing[0]} ...)")


def _refused(error: Exception) -> str:
    """What torch did not want to build, if that is the reason."""
    found = re.search(r"GLOBAL (\S+)", str(error))
    return f": it names {found[1]}" if found else ""


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _bgr(rgb: Picture) -> Picture:
    """As OpenMMLab's configs take pictures."""
    return np.ascontiguousarray(rgb[..., ::-1])
