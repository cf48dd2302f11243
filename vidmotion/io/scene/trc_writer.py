"""TRC for OpenSim and other marker programs: the joints of one person as markers, millimetres, Y up.

The first row is the first frame of the video, and times count from it. The markers are blank, which readers take as
missing, before the person comes, after it leaves, and in long gaps (see `even_frames`); those of a hand also in rows
between two frames in one of which it is not seen. Does not depend on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO

import numpy as np

from vidmotion.body.model import BodyModel
from vidmotion.choices import Markers
from vidmotion.io.scene.even_frames import Grid, even_grid
from vidmotion.io.scene.markers import markers_of
from vidmotion.types import Floats, Person, Scene

MILLIMETRES = 1000.0


def write_trc(
    scene: Scene, file: BinaryIO, person: Person, *, model: BodyModel, markers: Markers = Markers.h36m17
) -> None:
    """Write the markers of one person of `scene`.

    Raises:
        InputError: no motion, a body of another model, a number that is not finite, or too many rows.
    """
    names, places = markers_of(person, markers, model)
    grid, rate = even_grid(scene, person.track)
    file.writelines(f"{line}\n".encode() for line in _header(scene.source, names, len(grid), rate))
    file.writelines(f"{line}\n".encode() for line in _lines(grid, grid.interpolate(places) * MILLIMETRES))


def _header(source: str, names: tuple[str, ...], count: int, fps: Fraction) -> Iterator[str]:
    rate = f"{float(fps):.6f}"
    # Line breaks and tabs in the name of the video would add fields.
    yield f"PathFileType\t4\t(X/Y/Z)\t{' '.join(source.split())}"
    yield "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames"
    yield f"{rate}\t{rate}\t{count}\t{len(names)}\tmm\t{rate}\t1\t{count}"
    yield "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t"
    yield "\t\t" + "\t".join(f"X{number}\tY{number}\tZ{number}" for number in range(1, len(names) + 1))
    yield ""


def _lines(grid: Grid, positions: Floats) -> Iterator[str]:
    """One line for each of N frames, from (N, J, 3) millimetres."""
    # OpenSim reads an empty last field only if a tab follows it.
    blank = "\t" * (positions.shape[1] * 3)
    for number, (time, missing, row) in enumerate(zip(grid.times, grid.missing, positions, strict=True), start=1):
        # Adding 0 makes -0.0 a plain 0.0.
        fields = ["" if np.isnan(value) else f"{value:.3f}" for value in row.ravel() + 0.0]
        values = blank if missing else "\t".join(fields) + ("" if fields[-1] else "\t")
        yield f"{number}\t{time:.6f}\t{values}"
