"""vidmotion: video in, human motion out.

    import vidmotion as vm

    scene = vm.lift("dance.mp4")
    scene.people[0].motion.joints  # (T, 17, 3) metres
    vm.export(scene, "dance.bvh")

Names load when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vidmotion.api import detect, lift, render
    from vidmotion.io.keypoints import read_keypoints
    from vidmotion.io.scene.formats import export, load
    from vidmotion.lifting.lift import LiftSettings
    from vidmotion.pipeline import Pipeline, Settings

__version__ = "0.1.0.dev0"

_ROOMS = {
    "LiftSettings": "vidmotion.lifting.lift",
    "Pipeline": "vidmotion.pipeline",
    "Settings": "vidmotion.pipeline",
    "detect": "vidmotion.api",
    "export": "vidmotion.io.scene.formats",
    "lift": "vidmotion.api",
    "load": "vidmotion.io.scene.formats",
    "read_keypoints": "vidmotion.io.keypoints",
    "render": "vidmotion.api",
}

__all__ = [
    "LiftSettings",
    "Pipeline",
    "Settings",
    "detect",
    "export",
    "lift",
    "load",
    "read_keypoints",
    "render",
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'vidmotion' has no attribute {name!r}")
    value = getattr(import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
