"""Draws joint angles over time with their expected errors, and the times at which the feet stand.

Needs matplotlib (the extra `plot`).
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vidmotion.errors import MissingExtraError
from vidmotion.geometry.filters import unbroken_runs
from vidmotion.io.atomic import atomic_file
from vidmotion.io.plain_text import visible
from vidmotion.measurements.report import Measurements, split_side
from vidmotion.types import Track

SUFFIXES = (".png", ".svg", ".pdf")
PANELS = {
    "Pelvis": ("pelvis_tilt", "pelvis_list"),
    "Trunk": ("trunk_flexion", "trunk_bending", "trunk_rotation"),
    "Hip flexion": ("left_hip_flexion", "right_hip_flexion"),
    "Hip abduction": ("left_hip_abduction", "right_hip_abduction"),
    "Knee flexion": ("left_knee_flexion", "right_knee_flexion"),
    "Ankle dorsiflexion": ("left_ankle_dorsiflexion", "right_ankle_dorsiflexion"),
    "Shoulder elevation": ("left_shoulder_elevation", "right_shoulder_elevation"),
    "Elbow flexion": ("left_elbow_flexion", "right_elbow_flexion"),
}
"""Title of each panel: the angles in it."""
COLORS = {"left": "#0072b2", "right": "#d55e00"}
"""Of the palette of Okabe and Ito, which color-blind people can tell apart."""
AXIAL_COLORS = ("#009e73", "#cc79a7", "#666666")


def require_matplotlib() -> None:
    """Check that matplotlib is installed.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("matplotlib") is None:
        raise MissingExtraError("plots need matplotlib: run `pip install 'vidmotion[plot]'`")


def plot_angles(measured: Measurements, track: Track, title: str, path: Path) -> None:
    """Draw the angles of a person to a file; its suffix is one of `SUFFIXES`.

    Args:
        measured: of the frames of `track`.

    Raises:
        MissingExtraError: matplotlib is not installed.
        OutputError: the file cannot be written.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 12), layout="constrained")
    figure.suptitle(visible(title), parse_math=False)
    panels = figure.subplots(len(PANELS) // 2, 2, sharex=True)
    for panel, (name, angles) in zip(panels.flat, PANELS.items(), strict=True):
        panel.set_title(name, fontsize=10, loc="left")
        panel.set_ylabel("degrees")
        panel.axhline(0, color="#bbbbbb", linewidth=0.8)
        for angle, color in zip(angles, AXIAL_COLORS, strict=False):
            _draw_angle(panel, angle, color, measured, track)
        _draw_stances(panel, measured)
        panel.margins(x=0, y=0.12)
        panel.legend(fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False)
    for panel in panels[-1]:
        panel.set_xlabel("seconds")
    with atomic_file(path) as file, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of names in scripts that the font lacks
        figure.savefig(file, format=path.suffix[1:].lower(), dpi=120)


def _draw_angle(panel: Any, angle: str, color: str, measured: Measurements, track: Track) -> None:
    """One line, which is broken where the person is not seen; a dot for a frame between two breaks."""
    side, name = split_side(angle)
    label = side or name.partition("_")[2]
    for number, run in enumerate(unbroken_runs(track.frames, track.times)):
        times, values = track.times[run], measured.angles[angle][run]
        if measured.angle_errors is not None:
            error = measured.angle_errors[angle][run]
            panel.fill_between(times, values - error, values + error, color=COLORS.get(side, color), alpha=0.15, lw=0)
        panel.plot(
            times,
            values,
            color=COLORS.get(side, color),
            label=None if number else label,
            linewidth=1.3,
            marker="o" if len(times) == 1 else "",
            markersize=4,
        )


def _draw_stances(panel: Any, measured: Measurements) -> None:
    """Bars at the foot of a panel while a foot stands, the left one above the right one."""
    if measured.gait is None:
        return
    for stride in measured.gait.strides:
        bottom = 0.03 if stride.side == "left" else 0.0
        panel.axvspan(stride.start, stride.foot_off, bottom, bottom + 0.025, color=COLORS[stride.side], linewidth=0)
