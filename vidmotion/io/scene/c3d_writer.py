"""C3D for programs of biomechanics: the joints of one person as points, millimetres, Y up.

Labels and rows are those of TRC (see `trc_writer`). Where the markers are blank there, the points have the residual -1
and are 0, which readers take as missing. ezc3d writes the file (the extra `c3d`).

Source: Motion Lab Systems, "The C3D File Format User Guide".
"""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vidmotion.body.model import BodyModel
from vidmotion.choices import Markers
from vidmotion.errors import InputError, MissingExtraError
from vidmotion.io.scene.even_frames import even_grid
from vidmotion.io.scene.markers import markers_of
from vidmotion.io.scene.trc_writer import MILLIMETRES
from vidmotion.types import Person, Scene

MOST_FRAMES = 65_535
"""The format counts them with 16 bits."""


def require_extra() -> None:
    """Check that ezc3d is installed.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("ezc3d") is None:
        raise MissingExtraError("C3D files need ezc3d: run `pip install 'vidmotion[c3d]'`, or take trc")


def write_c3d(
    scene: Scene, file: BinaryIO, person: Person, *, model: BodyModel, markers: Markers = Markers.h36m17
) -> None:
    """Write the markers of one person of `scene`.

    Raises:
        MissingExtraError: ezc3d is not installed.
        InputError: no motion, a body of another model, a number that is not finite, or too many rows.
    """
    require_extra()
    import ezc3d

    names, places = markers_of(person, markers, model)
    grid, rate = even_grid(scene, person.track)
    if len(grid) > MOST_FRAMES:
        raise InputError(f"C3D holds {MOST_FRAMES} frames, {scene.source} has {len(grid)}; cut the video, or take trc")
    points = np.ones((4, len(names), len(grid)))
    at_rows = grid.interpolate(places) * MILLIMETRES  # (N, M, 3)
    is_missing = grid.missing[:, None] | np.isnan(at_rows[..., 0])
    points[:3] = np.where(is_missing[..., None], 0.0, at_rows).transpose(2, 1, 0)
    residuals = np.where(is_missing.T, -1.0, 0.0)[None]
    c3d = ezc3d.c3d()
    c3d.add_parameter("POINT", "LABELS", list(names))
    c3d.add_parameter("POINT", "DESCRIPTIONS", [""] * len(names))
    c3d.add_parameter("POINT", "UNITS", ["mm"])
    c3d.add_parameter("POINT", "RATE", [float(rate)])
    c3d.add_parameter("POINT", "X_SCREEN", ["+X"])
    c3d.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    c3d["data"]["points"] = points
    c3d["data"]["meta_points"]["residuals"] = residuals
    c3d["data"]["meta_points"]["camera_masks"] = np.zeros((7, len(names), len(grid)), bool)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "points.c3d"
        c3d.write(str(path))  # ezc3d writes to paths alone
        file.write(path.read_bytes())
