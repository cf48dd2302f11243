"""vidmotion: video in, human motion out.

    import vidmotion as vm

    scene = vm.lift("dance.mp4", height=1.82)
    scene.people[0].motion.joints  # (T, 17, 3) metres
    vm.export(scene, "dance.bvh")

Names load when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vidmotion.api import detect, export, lift, render, view
    from vidmotion.choices import BoneNames, Device, Format, Head, Markers, Smoothing, Style, View
    from vidmotion.errors import (
        DiskFullError,
        InputError,
        MissingExtraError,
        NobodyFoundError,
        OutputError,
        StoppedError,
        VideoError,
        VidmotionError,
        WeightsError,
    )
    from vidmotion.io.scene.formats import load
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import Settings
    from vidmotion.tracking.imported_keypoints import read_keypoints
    from vidmotion.types import (
        Actions,
        BodyMotion,
        Camera,
        Contacts,
        Keypoints2D,
        Motion,
        Person,
        Scene,
        Segment,
        Track,
    )

__version__ = "0.2.0"

_ROOMS = {
    "vidmotion.api": ("detect", "export", "lift", "render", "view"),
    "vidmotion.choices": ("BoneNames", "Device", "Format", "Head", "Markers", "Smoothing", "Style", "View"),
    "vidmotion.errors": (
        "DiskFullError", "InputError", "MissingExtraError", "NobodyFoundError", "OutputError", "StoppedError",
        "VideoError", "VidmotionError", "WeightsError",
    ),
    "vidmotion.tracking.imported_keypoints": ("read_keypoints",),
    "vidmotion.io.scene.formats": ("load",),
    "vidmotion.pipeline": ("Pipeline",),
    "vidmotion.settings": ("Settings",),
    "vidmotion.types": (
        "Actions", "BodyMotion", "Camera", "Contacts", "Keypoints2D", "Motion", "Person", "Scene", "Segment", "Track",
    ),
}  # fmt: skip
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Actions",
    "BodyMotion",
    "BoneNames",
    "Camera",
    "Contacts",
    "Device",
    "DiskFullError",
    "Format",
    "Head",
    "InputError",
    "Keypoints2D",
    "Markers",
    "MissingExtraError",
    "Motion",
    "NobodyFoundError",
    "OutputError",
    "Person",
    "Pipeline",
    "Scene",
    "Segment",
    "Settings",
    "Smoothing",
    "StoppedError",
    "Style",
    "Track",
    "VideoError",
    "VidmotionError",
    "View",
    "WeightsError",
    "detect",
    "export",
    "lift",
    "load",
    "read_keypoints",
    "render",
    "view",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'vidmotion' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
