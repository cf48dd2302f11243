"""One line about the times of a scene's frames, for the summaries of commands."""

from __future__ import annotations

from vidmotion.cli.console import counted
from vidmotion.io.scene.even_frames import time_gaps, usual_rate
from vidmotion.types import Scene


def time_summary(scene: Scene) -> str:
    """The rate of BVH, TRC and AMASS, the dropped frames that are filled in, and the pauses of the video."""
    gaps = time_gaps(scene)
    longest = f" (the longest of {max(gaps.pauses):.1f} s)" if gaps.pauses else ""
    filled, pauses = counted(gaps.dropped, "dropped frame"), counted(len(gaps.pauses), "pause")
    return f"time: {float(usual_rate(scene)):g} frames/s, {filled} filled in, {pauses}{longest}"
