"""Writes scenes to files and reads them: `export` selects the writer by suffix, `load` the reader.

    .json       everything, rounded; the schema is scene.schema.json
    .json.gz    the same, packed by gzip
    .npz        everything, in full precision
    .glb        the bodies of all people as skinned meshes, for animation programs and viewers
    .bvh        the motion of one person's body, for animation programs
    .amass.npz  the body of one person, for research tools
    .trc        the joints of one person as markers, for OpenSim
    .c3d        the same for other programs of biomechanics; needs the extra `c3d`
    .csv        the joints of all people, for tables
    .eaf        the action tags of all people, for ELAN
    .vtt        the action tags of all people, as subtitles

A file appears complete or not at all. Scenes hold poses of body models, so this folder imports `vidmotion.body`, which
does not import this folder. Does not depend on videos or networks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from vidmotion.body.load import free_body
from vidmotion.body.model import BodyModel
from vidmotion.choices import BoneNames, Markers
from vidmotion.errors import InputError
from vidmotion.io.atomic import atomic_paths
from vidmotion.io.scene.amass_writer import write_amass
from vidmotion.io.scene.angles_writer import write_angles
from vidmotion.io.scene.bvh_writer import write_bvh
from vidmotion.io.scene.c3d_writer import write_c3d
from vidmotion.io.scene.csv_writer import write_csv
from vidmotion.io.scene.elan_writer import write_eaf
from vidmotion.io.scene.glb_writer import write_glb
from vidmotion.io.scene.json_format import read_json, read_packed_json, write_json, write_packed_json
from vidmotion.io.scene.mot_writer import write_mot
from vidmotion.io.scene.npz_format import read_npz, write_npz
from vidmotion.io.scene.requirements import chosen_people
from vidmotion.io.scene.trc_writer import write_trc
from vidmotion.io.scene.webvtt_writer import write_vtt
from vidmotion.types import Person, Scene

__all__ = ["READERS", "WRITERS", "Writer", "existing_targets", "export", "is_scene", "load", "paths_for", "split_name"]


@dataclass(frozen=True)
class Writer:
    """One format."""

    write: Callable[..., None]
    """Called with the scene and a binary file, with the person if `one_person`, and with `options` by name."""
    one_person: bool = False
    """A file holds one person; several people are written to several files."""
    with_body: bool = False
    """The format holds bodies, so every person needs one."""
    options: tuple[str, ...] = ()
    """Of "model" (the body model), "markers" and "bones", those that the format has."""


WRITERS = {
    ".amass.npz": Writer(write_amass, one_person=True, with_body=True, options=("model",)),
    ".angles.csv": Writer(write_angles, with_body=True, options=("model",)),
    ".bvh": Writer(write_bvh, one_person=True, with_body=True, options=("model", "bones")),
    ".c3d": Writer(write_c3d, one_person=True, options=("model", "markers")),
    ".csv": Writer(write_csv),
    ".eaf": Writer(write_eaf),
    ".glb": Writer(write_glb, with_body=True, options=("model", "bones")),
    ".json": Writer(write_json),
    ".json.gz": Writer(write_packed_json),
    ".mot": Writer(write_mot, one_person=True, with_body=True, options=("model",)),
    ".npz": Writer(write_npz),
    ".trc": Writer(write_trc, one_person=True, options=("model", "markers")),
    ".vtt": Writer(write_vtt),
}
READERS: dict[str, Callable[[Path], Scene]] = {
    ".json": read_json,
    ".json.gz": read_packed_json,
    ".npz": read_npz,
}


def export(
    scene: Scene,
    path: str | os.PathLike[str],
    person: int | None = None,
    body_model: BodyModel | None = None,
    markers: Markers = Markers.h36m17,
    bones: BoneNames = BoneNames.humanik,
) -> list[Path]:
    """Write `scene`, or only the person with this id, and return the paths of the written files (see `paths_for`).

    Existing files are replaced, but only when all new ones are complete.

    Args:
        scene: the scene.
        path: the file; its suffix selects the format.
        person: id of the only person to write; None writes everybody.
        body_model: the model of the people's bodies, for formats that need it; None is the free body.
        markers: which markers a .trc or .c3d has.
        bones: whose names the bones of .bvh and .glb have.

    Raises:
        InputError: the suffix or the person is unknown, the scene lacks what the format needs, or its bodies belong
            to another model.
        MissingExtraError: .c3d without ezc3d.
        OutputError: the folder cannot be written to or the disk is full; nothing is left behind.
    """
    writer = _writer(Path(path))
    model = (body_model or free_body()) if "model" in writer.options else None
    known = {"model": model, "markers": markers, "bones": bones}
    options = {name: known[name] for name in writer.options}
    parts = _parts(scene, Path(path), person)
    targets = [target for target, _ in parts]
    with atomic_paths(targets) as temporary:
        for part, (_, people) in zip(temporary, parts, strict=True):
            with part.open("wb") as file:
                if writer.one_person:
                    # With the whole scene, since the rate and the length of the file are those of the video.
                    writer.write(scene, file, *people, **options)
                else:
                    writer.write(replace(scene, people=people), file, **options)
    return targets


def load(path: str | os.PathLike[str]) -> Scene:
    """Read a scene that `export` wrote as .json, .json.gz or .npz.

    Raises:
        InputError: there is no such file, or it is not a scene.
    """
    path = Path(path)
    reader = READERS.get(split_name(path)[1].lower())
    if reader is None:
        raise InputError(
            f"{path}: wanted a motion ({', '.join(sorted(READERS))}); `vidmotion lift` makes one from a video"
        )
    try:
        return reader(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; check the spelling") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None


def is_scene(path: Path) -> bool:
    """Whether `load` reads files with such a name."""
    return split_name(path)[1].lower() in READERS


def paths_for(scene: Scene, path: str | os.PathLike[str], person: int | None = None) -> list[Path]:
    """The files that `export` would write.

    It is `path` itself; if the format holds one person and the scene several, NAME.ID.bvh for each person.

    Raises:
        InputError: the suffix or the person is unknown, or the format holds one person and nobody is in the scene.
    """
    return [target for target, _ in _parts(scene, Path(path), person)]


def existing_targets(path: str | os.PathLike[str]) -> list[Path]:
    """Existing files that an export to `path` could replace, whatever the number of people.

    Raises:
        InputError: the suffix is unknown.
    """
    path = Path(path)
    found = [path] if path.exists() else []
    if _writer(path).one_person and path.parent.is_dir():
        stem, suffix = split_name(path)
        pattern = re.compile(re.escape(stem) + r"\.[0-9]+" + re.escape(suffix))
        found += [other for other in sorted(path.parent.iterdir()) if pattern.fullmatch(other.name)]
    return found


def split_name(path: Path) -> tuple[str, str]:
    """A file's name before its suffix, and the suffix, which may have two parts."""
    suffix = "".join(path.suffixes[-2:])
    suffix = suffix if suffix.lower() in WRITERS else path.suffix
    return path.name.removesuffix(suffix), suffix


def _writer(path: Path) -> Writer:
    try:
        return WRITERS[split_name(path)[1].lower()]
    except KeyError:
        known = ", ".join(sorted(WRITERS))
        problem = (
            f"unknown export format {path.suffix!r}"
            if path.suffix
            else "the name has no suffix, which picks the format"
        )
        raise InputError(f"{path}: {problem}; known: {known}") from None


def _parts(scene: Scene, path: Path, person: int | None) -> list[tuple[Path, tuple[Person, ...]]]:
    """Each file to write, with the people in it."""
    people = chosen_people(scene, person)
    stem, suffix = split_name(path)
    if not _writer(path).one_person:
        return [(path, people)]
    if not people:
        raise InputError(f"{suffix} holds one person, and nobody is in {scene.source}")
    if len(people) == 1:
        return [(path, people)]
    return [(path.with_name(f"{stem}.{one.id}{suffix}"), (one,)) for one in people]
