"""Who is in a scene, ready to be drawn: everybody's points, joints and skin at a frame, in one world."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from vidmotion.geometry.alignment import RigidTransform, align_worlds
from vidmotion.rendering.mesh_shading import Mesh, Skin
from vidmotion.rendering.skeleton3d import Figure
from vidmotion.skeletons import by_name, convert
from vidmotion.types import Camera, Floats, Keypoints2D, Person, Scene


@dataclass(frozen=True, eq=False)
class Actor:
    """One person in one frame."""

    id: int
    xy: Floats
    """(17, 2) pixels of the scene, H36M17 joints."""
    score: Floats
    """(17,) in 0..1."""
    observed: bool
    """False where the pose was interpolated."""
    figure: Figure | None
    """In the one world of the film; None before lifting."""
    skin: Skin | None
    """In the world of the person's own motion."""
    camera: Camera | None
    """The video's camera in that world."""


@dataclass(frozen=True, eq=False)
class Role:
    """One person over the whole film."""

    person: Person
    points: Keypoints2D
    """(T, 17, 2) pixels of the scene."""
    placement: RigidTransform | None
    """From the person's own world to that of the film."""
    joints: Floats | None
    """(T, J, 3) metres in the world of the film."""
    mesh: Mesh | None
    rows: dict[int, int]
    """Frame number to row."""

    def play(self, frame: int) -> Actor | None:
        """The person in a frame, if there."""
        row = self.rows.get(frame)
        if row is None:
            return None
        observed, motion = bool(self.person.track.observed[row]), self.person.motion
        skin = None
        if self.mesh is not None:
            skin = Skin(self.person.id, self.mesh.vertices(row), self.mesh.faces, observed)
        return Actor(
            self.person.id,
            self.points.xy[row],
            self.points.score[row],
            observed,
            self._figure(row, skin),
            skin,
            None if motion is None else motion.camera,
        )

    def _figure(self, row: int, skin: Skin | None) -> Figure | None:
        motion = self.person.motion
        if motion is None or self.joints is None or self.placement is None:
            return None
        if skin is not None:
            skin = dataclasses.replace(skin, vertices=self.placement.apply(skin.vertices))
        return Figure(self.person.id, self.joints[row], motion.confidence[row], by_name(motion.skeleton), skin)


def cast(scene: Scene, meshes: Mapping[int, Mesh]) -> tuple[Role, ...]:
    """Everybody of a scene; some have a mesh, by id."""
    placements = align_worlds([person.motion for person in scene.people])
    return tuple(
        Role(
            person,
            convert(person.track.keypoints, "h36m17"),
            placement,
            None if person.motion is None or placement is None else placement.apply(person.motion.joints),
            None if person.motion is None else meshes.get(person.id),
            {int(frame): row for row, frame in enumerate(person.track.frames)},
        )
        for person, placement in zip(scene.people, placements, strict=True)
    )
