"""Reads Human3.6M in the form that MotionBERT's public code uses (h36m_sh_conf_cam_source_final.pkl). Research only.

The file is a dictionary of "train" and "test". Each holds for every frame: joint_2d (17, 2), detected pixels;
confidence (17,); joint3d_image (17, 3), the exact joints in pixels and, in the same scale, their depth behind the root;
camera_name; source; in the test part also action and 2.5d_factor, millimetres in a pixel at the root. The projection is
perspective and the focal lengths are known, so the joints follow exactly but for the distance of the root. That follows
from the factor or, without one, from the length of the legs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from vidmotion.data.importers.importer import ImportFile, ImportOptions, at_rate, check_numbers, points_at_rate
from vidmotion.data.packed_writer import NewClip
from vidmotion.errors import InputError
from vidmotion.io.pickles import read_pickle
from vidmotion.types import Floats

RATE = 50.0
_NEEDED = ("joint_2d", "confidence", "joint3d_image", "camera_name", "source")
# From Human3.6M's own calibration: focal length, center (x, y), width and height; all in pixels.
CAMERAS = {
    "54138969": (1145.0, 512.5, 515.5, 1000, 1002),
    "55011271": (1149.0, 508.8, 508.1, 1000, 1000),
    "58860488": (1149.0, 519.8, 501.4, 1000, 1000),
    "60457274": (1145.0, 515.0, 501.9, 1000, 1002),
}
LEGS = 0.897
"""Metres from hip over knee to ankle, the mean of the people in the data set."""


def read_h36m(file: ImportFile, options: ImportOptions) -> Iterator[NewClip]:
    """The clips of both parts: one for each sequence of frames with the same `source`.

    Raises:
        InputError: the file is damaged, would run code, or lacks something.
    """
    tree = read_pickle(file.path, "Human3.6M pickle")
    if not isinstance(tree, dict):
        raise InputError("wanted a dictionary of train and test")
    missing = [part for part in ("train", "test") if not isinstance(tree.get(part), dict)]
    if missing:
        raise InputError(f"lacks {', '.join(missing)}; wanted a dictionary of train and test")
    for split in ("train", "test"):
        try:
            yield from _clips(split, tree[split], options)
        except (ValueError, TypeError) as error:
            raise InputError(f"its part {split} is damaged ({error})") from None


def _clips(split: str, part: dict[str, Any], options: ImportOptions) -> Iterator[NewClip]:
    missing = [name for name in _NEEDED if name not in part]
    if missing:
        raise InputError(f"its part {split} lacks {', '.join(missing)}")
    arrays = {name: np.asarray(part[name]) for name in (*_NEEDED, "2.5d_factor", "action") if name in part}
    count = len(arrays["source"])
    arrays["confidence"] = arrays["confidence"].reshape(-1, 17)
    for name, shape in (("joint_2d", (17, 2)), ("confidence", (17,)), ("joint3d_image", (17, 3))):
        if arrays[name].shape != (count, *shape):
            raise InputError(f"its {name} of {split}: wanted {(count, *shape)}, received {arrays[name].shape}")
        check_numbers(arrays[name])
    names = arrays["source"]
    edges = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist(), count]
    for start, stop in pairwise(edges):
        if stop > start:
            yield _clip(split, {name: array[start:stop] for name, array in arrays.items()}, options)


def _clip(split: str, part: dict[str, np.ndarray], options: ImportOptions) -> NewClip:
    name, camera = str(part["source"][0]), str(part["camera_name"][0])
    if camera not in CAMERAS:
        raise InputError(f"{name}: unknown camera {camera!r}; wanted one of {', '.join(CAMERAS)}")
    focal, *center, width, height = CAMERAS[camera]
    rate = options.fps or RATE
    factor = part["2.5d_factor"].astype(float).ravel() if "2.5d_factor" in part else None
    joints = camera_joints(part["joint3d_image"].astype(float), focal, np.array(center), factor)
    xy = part["joint_2d"].astype(float) - np.array(center)
    xy, score = points_at_rate(xy, part["confidence"].astype(float).clip(0, 1), rate)
    act = re.search(r"act_?(\d+)", name)
    # The training part has no action; labels are made so that both parts use the same ones.
    label = f"act_{act[1]}" if act else str(part["action"][0]) if "action" in part else ""
    subject = re.search(r"(?<![a-z])s_?(\d+)", name, re.IGNORECASE)
    return NewClip(
        name, f"S{int(subject[1])}" if subject else "", split, at_rate(joints, rate), None, xy, score, label,
        size=(width, height), focal=focal,
    )  # fmt: skip


def camera_joints(image: Floats, focal: float, center: Floats, factor: Floats | None) -> Floats:
    """Joints (T, 17, 3) in metres in camera axes.

    Args:
        image: (T, 17, 3) pixels, and depth behind the root in pixels.
        center: (2,) principal point, pixels.
        factor: (T,) millimetres in a pixel at the root; None scales the legs to the length `LEGS`.
    """
    depth = 1 + image[..., 2:] / focal  # from the camera, 1 at the root
    shape = np.concatenate([(image[..., :2] - center) / focal * depth, depth], -1)
    if factor is not None:
        return shape * (factor * focal / 1000)[:, None, None]
    bones = [np.linalg.norm(shape[:, child] - shape[:, child - 1], axis=-1) for child in (2, 3, 5, 6)]
    return shape * (LEGS / (np.sum(bones, axis=0) / 2))[:, None, None]
