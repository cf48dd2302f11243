"""Lifts one video and writes its files: what `lift` does once for each video, and a batch in each of its workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from vidmotion.choices import BoneNames, Format, Markers
from vidmotion.errors import OutputError
from vidmotion.io.atomic import check_writable
from vidmotion.io.targets import make_folder, refuse_existing

if TYPE_CHECKING:
    from vidmotion.pipeline import Pipeline
    from vidmotion.types import Scene

Write = Callable[["Scene"], list[Path]]
"""Writes a scene and gives the files."""


@dataclass(frozen=True)
class Job:
    """One thing to lift."""

    stem: str
    """What the names of the results begin with; with the folders below that of the results, if any."""
    inputs: tuple[Path, ...]
    """Files that no result may replace."""
    video: Path | None
    """What a film is drawn over; None draws the 3D view alone."""
    read: Callable[[], Path | Scene]
    """Gives the video in which to find people, or people in 2D."""


@dataclass(frozen=True)
class Outputs:
    """What is written for each video, and where."""

    folder: Path
    formats: tuple[Format, ...]
    markers: Markers = Markers.h36m17
    bones: BoneNames = BoneNames.humanik
    overwrite: bool = False

    def paths(self, stem: str) -> list[Path]:
        """The files of a video, as far as they are known before it is read."""
        return [self.folder / f"{stem}.{name.value}" for name in self.formats]


@dataclass(frozen=True)
class Lifted:
    """The result of one job."""

    scene: Scene
    written: list[Path]
    errors: list[Exception]
    """Of the files that could not be written, one each."""


def lift_file(pipeline: Pipeline, job: Job, outputs: Outputs, others: Mapping[Path, Write] | None = None) -> Lifted:
    """Lift one video and write its files. A file that cannot be written leaves the others.

    Args:
        others: files that are no format of `outputs`, such as a film, and what writes each of them.

    Raises:
        OutputError: a file exists already, is the input itself, or its folder cannot be written to.
        VidmotionError: as `Pipeline.lift`.
    """
    from vidmotion.io.scene.formats import export

    model, markers, bones = pipeline.body_model, outputs.markers, outputs.bones
    writers: dict[Path, Write] = {
        path: partial(export, path=path, body_model=model, markers=markers, bones=bones)
        for path in outputs.paths(job.stem)
    }
    writers |= others or {}
    check_targets(list(writers), job.inputs, outputs.overwrite)
    scene = pipeline.lift(job.read())
    written: list[Path] = []
    errors: list[Exception] = []
    for write in writers.values():
        try:
            written += write(scene)
        except Exception as error:  # noqa: BLE001  # not even a bug takes the other files along
            errors.append(error)
    return Lifted(scene, written, errors)


def check_targets(paths: list[Path], inputs: tuple[Path, ...], overwrite: bool) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        OutputError: a file exists already, is the input itself, or its folder cannot be written to.
    """
    for path, given in product(paths, inputs):
        if path.exists() and given.exists() and path.samefile(given):
            raise OutputError(f"{path} is the input itself; name another folder with `output`")
    refuse_existing(paths, overwrite)
    make_folder(paths[0].parent)
    check_writable(paths[0])
