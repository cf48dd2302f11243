"""Runs the networks of mmpose and mmdet: boxes of people and their points from pictures. Keeps no state."""

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
from vidmotion.detectors.mmpose.compat import data_globals, import_mmpose, warnings_ignored
from vidmotion.detectors.mmpose.model_names import Files
from vidmotion.detectors.mmpose.skeleton_names import match_skeleton
from vidmotion.errors import InputError, VidmotionError, WeightsError
from vidmotion.types import Floats

PERSON_SCORE = 0.3
"""Lowest score of a box that counts as a person, as in mmpose's demo."""


class PersonNetwork:
    """A person detector of mmdet."""

    def __init__(self, files: Files, device: torch.device) -> None:
        """Build the network and load its weights.

        Raises:
            InputError: the config cannot be run or has no class of people.
            WeightsError: the checkpoint cannot be read or does not fit.
            MissingExtraError: mmpose cannot be imported.
        """
        import_mmpose()
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
    """Replaces a `PersonNetwork` where one person fills the picture."""

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """The picture as a box (1, 4), and its score (1,)."""
        height, width = rgb.shape[:2]
        return np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32)


class PoseNetwork:
    """A top-down model of mmpose."""

    def __init__(self, files: Files, device: torch.device) -> None:
        """Build the network and load its weights.

        Raises:
            InputError: the config cannot be run, is not a top-down model, or its points contain no known skeleton.
            WeightsError: the checkpoint cannot be read or does not fit.
            MissingExtraError: mmpose cannot be imported.
        """
        import_mmpose()
        self._network = _Network(files, device, "mmpose", _build_pose)
        self._meta = _meta(self._network.config, files.config)
        names = [self._meta["keypoint_id2name"][place] for place in range(self._meta["num_keypoints"])]
        indices = self._network.module.test_cfg.get("output_keypoint_indices")
        skeleton, self._places = match_skeleton(
            names if indices is None else [names[place] for place in indices], str(files.config)
        )
        self.skeleton = skeleton.name

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        """The points of the people in boxes (N, 4), all at once: (N, J, 2) pixels and scores (N, J) in 0..1.

        The scores of SimCC are the peaks of two curves that are trained towards 1 and may be slightly higher; they are
        clipped to 1. Where a curve has no peak, mmpose returns 0 or less: the point is missing.
        """
        bgr = _bgr(rgb)
        certain = np.ones(1, np.float32)
        crops = [{"img": bgr, "bbox": box[None], "bbox_score": certain, **self._meta} for box in boxes]
        found = [sample.pred_instances for sample in self._network.run(crops)]
        xy = np.stack([one.keypoints[0, self._places, :2] for one in found])
        score = np.stack([one.keypoint_scores[0, self._places] for one in found])
        return xy.astype(np.float32), np.nan_to_num(score.astype(np.float32), posinf=1).clip(0, 1)


class _Network:
    """The model of a config with its weights and its preprocessing."""

    def __init__(self, files: Files, device: torch.device, scope: str, build: Callable[[Any], nn.Module]) -> None:
        from mmengine import Config, DefaultScope
        from mmengine.dataset import Compose
        from mmengine.model import revert_sync_batchnorm

        with _config_errors(files.config):
            self.config = Config.fromfile(files.config)
            with DefaultScope.overwrite_default_scope(self.config.get("default_scope", scope)):
                self.module = revert_sync_batchnorm(build(self.config))
                self._prepare = Compose(_steps(self.config))
        _load(self.module, files.checkpoint, files.config)
        self.module.to(device).eval()
        self._device = device

    def run(self, pictures: list[dict[str, Any]]) -> list[Any]:
        """The data samples of mmpose or mmdet with their predictions, for all pictures in one batch."""
        from mmengine.dataset import pseudo_collate

        half = torch.autocast(self._device.type, torch.float16, enabled=self._device.type == "cuda")
        with warnings_ignored(), torch.inference_mode(), half:
            return self.module.test_step(pseudo_collate([self._prepare(picture) for picture in pictures]))


@contextmanager
def _config_errors(config: Path) -> Iterator[None]:
    """Turn every exception of a config, which is the user's own code, into an error that quotes it.

    Raises:
        InputError: the config raised an exception.
    """
    try:
        with warnings_ignored():
            yield
    except VidmotionError:
        raise
    except Exception as error:
        raise InputError(f"{config} makes no model ({type(error).__name__}: {_first_line(error)})") from error


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
    """The preprocessing steps of a config for tests, changed to take pictures as arrays and not as files."""
    steps = list(config.test_dataloader.dataset.pipeline)
    reader = "LoadImageFromFile"
    return [
        dict(step, type="mmdet.LoadImageFromNDArray") if step["type"].rpartition(".")[2] == reader else step
        for step in steps
    ]


def _meta(config: Any, path: Path) -> dict[str, Any]:
    """The metadata of the points: names, indices, mirrored pairs."""
    from mmpose.apis.inference import dataset_meta_from_config

    with _config_errors(path):
        meta = dataset_meta_from_config(config, "train")
    if meta is None:
        raise InputError(f"{path} does not name its points (train_dataloader.dataset.metainfo)")
    return meta


def _person_label(config: Any, path: Path) -> int:
    """Index of the class of people."""
    from mmdet.registry import DATASETS

    with _config_errors(path):
        data = config.test_dataloader.dataset
        own = getattr(DATASETS.get(data.type), "METAINFO", {})
        classes = {**own, **(data.get("metainfo") or {})}.get("classes", ())
    if "person" not in classes:
        raise InputError(f"{path} finds no people: there is no class 'person' among {len(classes)}")
    return list(classes).index("person")


def _load(network: nn.Module, path: Path, config: Path) -> None:
    """Load the weights of a checkpoint into a network.

    Other content of the file is ignored: OpenMMLab's files may contain a teacher network or constants too.

    Raises:
        WeightsError: the file cannot be read without running code, or lacks a tensor of the network.
    """
    try:
        with torch.serialization.safe_globals(data_globals()):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, OSError, EOFError, ValueError, TypeError, KeyError) as error:
        reason = _refused_name(error)
        raise WeightsError(f"{path} cannot be read as a checkpoint without running code{reason}") from None
    state = content.get("state_dict", content) if isinstance(content, dict) else {}
    try:
        missing = network.load_state_dict(state, strict=False).missing_keys
    except (RuntimeError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path} does not fit {config}: {' '.join(str(error).split())[:200]}") from None
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise WeightsError(f"{path} does not fit {config}: it lacks {missing[0]}{more}")


def _refused_name(error: Exception) -> str:
    """The name that torch refused to load, if that is the reason."""
    found = re.search(r"GLOBAL (\S+)", str(error))
    return f": it needs {found[1]}" if found else ""


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _bgr(rgb: Picture) -> Picture:
    """The channel order of OpenMMLab's configs."""
    return np.ascontiguousarray(rgb[..., ::-1])
