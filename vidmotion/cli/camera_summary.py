"""One line about how the camera moves, for the summaries of commands."""

from __future__ import annotations

import numpy as np

from vidmotion.cli.console import counted
from vidmotion.types import UNSURE, CameraMotion


def camera_summary(motion: CameraMotion) -> str:
    """How the camera moves: "camera: turns by up to 26 degrees"."""
    if not motion.moves:
        unsure = " (too little of the background is seen to be sure)" if UNSURE in motion.kinds else ""
        return f"camera: stands still{unsure}"
    angle = np.degrees(np.arccos(np.clip((np.trace(motion.rotation, axis1=1, axis2=2).min() - 1) / 2, -1, 1)))
    zoom = motion.zoom.max() / motion.zoom.min()
    zooms = f", zooms by up to {zoom:.1f} times" if zoom > 1 else ""
    hidden = int((~motion.certain).sum())
    unknown = f"; unknown in {counted(hidden, 'frame')}, where it is held" if hidden else ""
    return f"camera: turns by up to {angle:.0f} degrees{zooms}{unknown} (--camera still leaves it out)"
