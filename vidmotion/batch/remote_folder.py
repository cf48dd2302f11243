"""A folder at a URL, to which results are uploaded. A file appears there complete or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from vidmotion.batch.remote import open_url, reading, writing
from vidmotion.io.atomic import atomic_paths
from vidmotion.io.targets import make_folder

_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci"}
"""Protocols of places where a file appears when all of it was sent. Elsewhere it has another name until then."""
_UPLOADS = ".uploads"
"""The folder of files that are not complete."""
_AT_ONCE = 64
"""Files that are downloaded together."""


@dataclass(frozen=True)
class RemoteFolder:
    """A folder at a URL. Its methods take names of files as paths from the folder.

    All of them raise:
        MissingExtraError: fsspec, or its package for the place, is not installed.
        InputError: something cannot be read.
        OutputError: something cannot be written.
    """

    url: str

    def url_of(self, name: str) -> str:
        """The URL of a file."""
        return f"{self.url.rstrip('/')}/{name}"

    def check(self) -> None:
        """Make sure that the package for the place is installed."""
        with reading(self.url):
            open_url(self.url)

    def is_empty(self) -> bool:
        """Whether there is nothing, beside what an upload that was killed may have left."""
        with reading(self.url):
            system, root = self._open()
            try:
                found = [str(path).rstrip("/") for path in system.ls(root, detail=False)]
            except FileNotFoundError:
                return True
        return all(path == root or PurePosixPath(path).name == _UPLOADS for path in found)

    def files(self, below: str) -> list[str]:
        """The names of all files below a folder in this one."""
        with reading(self.url_of(below)):
            system, root = self._open()
            try:
                found = system.find(f"{root}/{below}")
            except FileNotFoundError:
                return []
        return [str(path).removeprefix(f"{root}/") for path in found]

    def size(self, name: str) -> int | None:
        """Bytes of a file; None if it is not there."""
        with reading(self.url_of(name)):
            system, root = self._open()
            try:
                return int(system.info(f"{root}/{name}")["size"])
            except FileNotFoundError:
                return None

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if it is not there."""
        with reading(self.url_of(name)):
            system, root = self._open()
            try:
                return bytes(system.cat_file(f"{root}/{name}"))
            except FileNotFoundError:
                return None

    def upload(self, name: str, file: Path) -> None:
        """Write a file, in place of one that is there."""
        with writing(self.url_of(name)):
            system, root = self._open()
            target = f"{root}/{name}"
            if _protocols(system) & _OBJECT_STORES:
                system.put_file(str(file), target)
                return
            pending = f"{root}/{_UPLOADS}/{secrets.token_hex(8)}"
            for path in (pending, target):
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                system.put_file(str(file), pending)
                system.mv(pending, target)
            except BaseException:
                with suppress(Exception):
                    system.rm(pending)
                raise

    def download(self, names: Sequence[str], folder: Path) -> None:
        """Write files to a local folder, where they have the same names."""
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            targets = [folder / name for name in some]
            for parent in {target.parent for target in targets}:
                make_folder(parent)
            with atomic_paths(targets) as pending, reading(self.url):
                system, root = self._open()
                system.get([f"{root}/{name}" for name in some], [str(path) for path in pending])

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it; if it is there."""
        with writing(self.url_of(name)), suppress(FileNotFoundError):
            system, root = self._open()
            system.rm(f"{root}/{name}", recursive=True)

    def remove_incomplete(self) -> None:
        """Remove what uploads that were killed have left."""
        self.remove(_UPLOADS)

    def _open(self) -> tuple[Any, str]:
        system, root = open_url(self.url)
        system.invalidate_cache()  # other machines write there, too
        return system, root.rstrip("/")


def _protocols(system: Any) -> set[str]:
    return {system.protocol} if isinstance(system.protocol, str) else set(system.protocol)
