"""The work of a worker whose results go to a URL: what a clip gives is uploaded, and then removed from this machine.

What is found in parts of long videos is uploaded too: machines that share no disk read them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from vidmotion.batch.layout import copies_path, log_path, parts_path, thumbnail_path
from vidmotion.batch.remote_folder import RemoteFolder
from vidmotion.batch.sources import ClipTask, PartTask
from vidmotion.batch.workers import Alive, Work
from vidmotion.io.atomic import is_temporary
from vidmotion.io.targets import remove_folder


class Uploading:
    """Does each task as another work does it, and uploads the files."""

    def __init__(self, work: Work, remote: RemoteFolder, folder: Path) -> None:
        """Remember where the files are.

        Args:
            work: writes to `folder`.
        """
        self._work, self._remote, self._folder = work, remote, folder
        self._divided: set[str] = set()
        """Names of long clips whose files may be in the folder."""

    def __call__(self, task: ClipTask | PartTask, alive: Alive) -> Any:
        """Do one task.

        Raises:
            VidmotionError: as the work; or files cannot be uploaded.
        """
        self._forget_finished(task.name)
        clip = task.of if isinstance(task, PartTask) else task
        if clip.overwrite or clip.finished or task is not clip:
            self._fetch_parts(task.name)
        if clip.finished:
            self._fetch(self._remote.files(self._name_of(log_path(self._folder, task))))
        before = self._parts_of(task.name)
        with self._log_uploaded(task, clip.overwrite):
            # The folder holds nothing that is not of this batch.
            done = self._work(replace(task, overwrite=True) if isinstance(task, ClipTask) else task, alive)
        if isinstance(task, ClipTask) and isinstance(done, dict):
            self._upload_clip(task.name, done["files"], alive)
        else:
            self._upload_parts(task.name, before, alive)
        return done

    def _upload_clip(self, name: str, files: list[str], alive: Alive) -> None:
        picture = thumbnail_path(self._folder, name)
        paths = [self._folder / file for file in files]
        try:
            for path in [*paths, *([picture] if picture.exists() else [])]:
                alive()
                self._upload(path)
        finally:
            for path in paths:
                path.unlink(missing_ok=True)
        if name in self._divided:
            self._remote.remove(self._name_of(parts_path(self._folder, name)))

    @contextmanager
    def _log_uploaded(self, task: ClipTask | PartTask, is_again: bool) -> Iterator[None]:
        """Upload the log that the block may write.

        Args:
            is_again: there may be one of an earlier try.
        """
        path = log_path(self._folder, task)
        try:
            yield
        finally:
            if path.exists():
                self._upload(path)
                path.unlink()
            elif is_again:
                self._remote.remove(self._name_of(path))

    def _fetch_parts(self, name: str) -> None:
        files = self._remote.files(self._name_of(parts_path(self._folder, name)))
        if files:
            self._divided.add(name)
        self._fetch(files)

    def _fetch(self, names: list[str]) -> None:
        self._remote.download([name for name in names if not (self._folder / name).exists()], self._folder)

    def _upload_parts(self, name: str, before: dict[Path, int], alive: Alive) -> None:
        """Upload what was found in parts, as far as it was not there before."""
        after = self._parts_of(name)
        if after:
            self._divided.add(name)
        for path in before.keys() - after.keys():  # they were of another video
            self._remote.remove(self._name_of(path))
        for path in sorted(path for path in after if after[path] != before.get(path)):
            alive()
            self._upload(path)

    def _parts_of(self, name: str) -> dict[Path, int]:
        """The files of a clip's parts, and when they were changed."""
        files = parts_path(self._folder, name).glob("*")
        return {path: path.stat().st_mtime_ns for path in files if not is_temporary(path)}

    def _forget_finished(self, but: str) -> None:
        """Remove files of long clips that other machines have finished."""
        for name in self._divided - {but}:
            if not self._remote.files(self._name_of(parts_path(self._folder, name))):
                remove_folder(parts_path(self._folder, name))
                remove_folder(copies_path(self._folder, name))
                self._divided.remove(name)

    def _upload(self, path: Path) -> None:
        self._remote.upload(self._name_of(path), path)

    def _name_of(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()
