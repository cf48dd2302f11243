"""TRC for OpenSim and other marker programs: the 17 joints of one person as markers, millimetres, Y up.

Frames are resampled at the constant frame rate of the video, as the format requires; times count from the start of the
video. In long gaps the markers are blank, which readers take as missing. Does not depend on paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from vidmotion.io.scene.even_frames import Grid, even_grid
from vidmotion.io.scene.requirements import only_person, require_motion
from vidmotion.skeletons import by_name
from vidmotion.types import Floats, Scene

MILLIMETRES = 1000.0


def write_trc(scene: Scene, file: BinaryIO) -> None:
    """Write the joints of the one person in `scene`.

    Raises:
        InputError: not one person, no motion, or a number that is not finite.
    """
    person = only_person(scene, "TRC")
    motion = require_motion(person)
    grid = even_grid(person.track.frames, person.track.times, float(scene.fps))
    names = by_name(motion.skeleton).joints
    file.writelines(f"{line}\n".encode() for line in _header(scene, names, len(grid.times)))
    file.writelines(f"{line}\n".encode() for line in _lines(grid, grid.interpolate(motion.joints) * MILLIMETRES))


def _header(scene: Scene, names: tuple[str, ...], count: int) -> Iterator[str]:
    rate = f"{float(scene.fps):.6f}"
    # Line breaks and tabs in the name of the video would add fields.
    yield f"PathFileType\t4\t(X/Y/Z)\t{' '.join(scene.source.split())}"
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
        values = blank if missing else "\t".join(f"{value:.3f}" for value in row.ravel() + 0.0)
        yield f"{number}\t{time:.6f}\t{values}"
