"""The files that a page offers: those that the package's own exporters write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from vidmotion.body.model import BodyModel
from vidmotion.io.scene.formats import export
from vidmotion.types import Scene

KINDS = ("bvh", "glb", "csv")
"""Formats that a page may offer."""


class Download(NamedTuple):
    """One file."""

    name: str
    content: bytes


def downloads(scene: Scene, kinds: Sequence[str], model: BodyModel | None) -> list[Download]:
    """The files of these formats; one for each person where the format holds one.

    Raises:
        InputError: the scene lacks what a format needs.
    """
    with TemporaryDirectory(prefix="vidmotion-") as folder:
        written = [
            path
            for kind in kinds
            for path in export(scene, Path(folder) / f"{file_stem(scene)}.{kind}", body_model=model)
        ]
        return [Download(path.name, path.read_bytes()) for path in written]


def file_stem(scene: Scene) -> str:
    """The name of a scene's files before their suffix."""
    return Path(scene.source).stem or "motion"


def offered(scene: Scene) -> tuple[str, ...]:
    """The formats that a scene can be written in: without a body for everybody, there is no BVH and no GLB."""
    if not scene.people or any(person.motion is None for person in scene.people):
        return ()
    return KINDS if all(person.body is not None for person in scene.people) else ("csv",)
