"""What a worker of a batch does: it loads the networks once and lifts one clip after the other."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import torch

from vidmotion.batch.divided import DividedDetection
from vidmotion.batch.layout import copies_path, log_path, parts_path, thumbnail_path
from vidmotion.batch.lift_file import Job, Outputs, check_targets, lift_file
from vidmotion.batch.remote import fetch
from vidmotion.batch.sources import ClipTask, PartsToRead, PartTask
from vidmotion.batch.thumbnail import write_thumbnail
from vidmotion.batch.workers import Alive
from vidmotion.errors import VidmotionError
from vidmotion.io.atomic import is_full, output_error
from vidmotion.io.targets import make_folder, remove_folder
from vidmotion.pipeline import Pipeline
from vidmotion.progress import Task
from vidmotion.settings import Settings
from vidmotion.types import Scene


class ClipLifter:
    """Lifts clips on one core."""

    def __init__(self, settings: Settings, outputs: Outputs) -> None:
        """Load the networks and the detector.

        Raises:
            VidmotionError: as `Pipeline.prepare`, and for the detector as `create_detector`.
        """
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self._settings, self._outputs = settings, outputs
        self._pipeline = Pipeline(settings, threads=1)
        self._pipeline.prepare()
        _ = self._pipeline.detector

    def __call__(self, task: ClipTask | PartTask, alive: Alive) -> dict[str, Any] | PartsToRead:
        """Do one task.

        Returns:
            of a clip: seconds of work, frames, number of people, files; or, of a long video, the parts to read first.
            Of a part: seconds of work.

        Raises:
            VidmotionError: as `lift_file`; or a file cannot be written, and the others are.
            DiskFullError: the disk is full.
        """
        clip = task.of if isinstance(task, PartTask) else task
        # Nothing that is loaded depends on the options of a clip.
        self._pipeline.settings = clip.clip.settings(self._settings)
        self._pipeline.progress = _LoggedProgress(alive)
        began = time.monotonic()
        try:
            with _log(log_path(self._outputs.folder, task), append=bool(clip.finished)):
                video = self._video(clip, alive)
                done = self._read_part(task, video) if isinstance(task, PartTask) else self._lift(task, video)
        except OSError as error:
            if is_full(error):
                raise output_error(Path(error.filename or self._outputs.folder), error) from None
            raise
        return done if isinstance(done, PartsToRead) else done | {"seconds": round(time.monotonic() - began, 2)}

    def _video(self, task: ClipTask, alive: Alive) -> Path:
        """The video of a clip; of one that is named by a URL, its copy."""
        video = task.clip.video
        return fetch(video, copies_path(self._outputs.folder, task.name), alive) if isinstance(video, str) else video

    def _lift(self, task: ClipTask, video: Path) -> dict[str, Any] | PartsToRead:
        outputs = replace(self._outputs, overwrite=task.overwrite)
        check_targets(outputs.paths(task.name), (video,), task.overwrite)
        divided = self._divided(task, video)
        if divided is not None:
            # What another process has read, and is not there, is read here.
            left = [work for work in divided.to_do() if work not in task.finished]
            if left:
                return PartsToRead(tuple(left), len(divided.parts))
        job = Job(task.name, (video,), video, lambda: video if divided is None else divided.run())
        lifted = lift_file(self._pipeline, job, outputs)
        if lifted.errors:
            raise lifted.errors[0]
        if divided is not None:
            divided.files.remove()
        self._draw(lifted.scene, task, video)
        if isinstance(task.clip.video, str):
            remove_folder(copies_path(outputs.folder, task.name))
        return {
            "frames": lifted.scene.frame_count,
            "people": len(lifted.scene.people),
            "files": [path.relative_to(outputs.folder).as_posix() for path in lifted.written],
        }

    def _draw(self, scene: Scene, task: ClipTask, video: Path) -> None:
        """Write the small picture of a clip; without one, the clip is done as well."""
        try:
            path = thumbnail_path(self._outputs.folder, task.name)
            write_thumbnail(scene, video, self._pipeline.settings, path)
        except Exception:  # noqa: BLE001  # the log tells
            traceback.print_exc()

    def _read_part(self, task: PartTask, video: Path) -> dict[str, Any]:
        divided = self._divided(task.of, video)
        if divided is not None:
            divided.do(task.work)
        return {}

    def _divided(self, task: ClipTask, video: Path) -> DividedDetection | None:
        return DividedDetection.open(self._pipeline.detection(video), parts_path(self._outputs.folder, task.name))


class _LoggedProgress:
    """Messages go to stderr, which is the log of the clip."""

    def __init__(self, alive: Alive) -> None:
        self._alive = alive

    @contextmanager
    def task(self, name: str, total: int | None) -> Iterator[Task]:
        """A task whose progress is a sign of life."""
        self._alive()
        yield self

    def advance(self, done: int) -> None:
        """Give a sign of life."""
        self._alive()

    def message(self, text: str) -> None:
        """Write a line."""
        print(text, file=sys.stderr)

    def detail(self, text: str) -> None:
        """Do nothing."""


@contextmanager
def _log(path: Path, append: bool) -> Iterator[None]:
    """Within the block, what is written to stdout and stderr goes to a file, which stays if something is in it.

    Native code included, and the traceback of a bug.

    Args:
        append: to what is in the file.

    Raises:
        OutputError: the file cannot be written.
    """
    make_folder(path.parent)
    try:
        file = path.open("ab" if append else "wb")
    except OSError as error:
        raise output_error(path, error) from None
    try:
        with file, _redirected(file):
            try:
                yield
            except Exception as error:
                if not isinstance(error, VidmotionError):
                    traceback.print_exception(error)
                raise
    finally:
        if path.stat().st_size == 0:
            path.unlink()


@contextmanager
def _redirected(file: BinaryIO) -> Iterator[None]:
    saved = os.dup(1), os.dup(2)
    _redirect(file.fileno(), file.fileno())
    try:
        yield
    finally:
        _redirect(*saved)
        for one in saved:
            os.close(one)


def _redirect(out: int, err: int) -> None:
    """Send what is written from now on to stdout and stderr to other descriptors."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(out, 1)
    os.dup2(err, 2)
