"""Lines about the camera and the scale, for the summaries of commands."""

from __future__ import annotations

from typing import Any

import numpy as np

from vidmotion.cli.console import counted
from vidmotion.types import UNSURE, CameraMotion, Scene


def camera_summary(scene: Scene) -> str:
    """Which kind of camera it is, and how it moves: "camera: turns by up to 26 degrees"."""
    motion = scene.camera_motion
    if motion is None:
        return "camera: taken to stand still"
    if motion.is_known:
        return _known(scene)
    if not motion.moves:
        unsure = " (too little of the background is seen to be sure)" if UNSURE in motion.kinds else ""
        return f"camera: stands still{unsure}"
    return _turning(motion)


def scale_summary(scene: Scene) -> str:
    """What sets the size of people and of their ways: heights, and the field of view where no file gives the camera."""
    scale: dict[str, Any] = scene.provenance["lift"]
    heights = [f"height {scale['height']:g} m"]
    heights += [f"{height:g} m of person {person}" for person, height in scale.get("heights", {}).items()]
    stated = f"scale: {', '.join(heights)} (--height)"
    known = scene.camera_motion is not None and scene.camera_motion.is_known
    return stated if known else f"{stated}, field of view {scale['fov']:g} degrees (--fov)"


def _known(scene: Scene) -> str:
    source: dict[str, str] = scene.provenance["camera_file"]
    moves = any(person.motion is not None and person.motion.camera.moves for person in scene.people)
    return f"camera: of {source['name']} ({source['format']}), {'moves' if moves else 'stands still'}"


def _turning(motion: CameraMotion) -> str:
    angle = np.degrees(np.arccos(np.clip((np.trace(motion.rotation, axis1=1, axis2=2).min() - 1) / 2, -1, 1)))
    zoom = motion.zoom.max() / motion.zoom.min()
    zooms = f", zooms by up to {zoom:.1f} times" if zoom > 1 else ""
    hidden = int((~motion.certain).sum())
    unknown = f"; unknown in {counted(hidden, 'frame')}, where it is held" if hidden else ""
    return f"camera: turns by up to {angle:.0f} degrees{zooms}{unknown} (--camera still leaves it out)"
