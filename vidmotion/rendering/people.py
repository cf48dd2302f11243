"""The people of a scene, ready to be drawn: their points, joints and meshes at a frame, in one world."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from vidmotion.geometry.alignment import RigidTransform, align_worlds
from vidmotion.rendering.head_and_hands import HeadAxes, head_axes
from vidmotion.rendering.mesh_shading import Mesh, PersonMesh
from vidmotion.rendering.skeleton3d import Person3D
from vidmotion.skeletons import by_name, convert
from vidmotion.types import Camera, Floats, Keypoints2D, Person, Scene


@dataclass(frozen=True, eq=False)
class PersonFrame:
    """One person in one frame."""

    id: int
    xy: Floats
    """(17, 2) pixels of the scene, H36M17 joints."""
    score: Floats
    """(17,) in 0..1."""
    observed: bool
    """False where the pose was interpolated."""
    in_3d: Person3D | None = None
    """In the common world of the film; None before lifting."""
    mesh: PersonMesh | None = None
    """In the world of the person's own motion."""
    camera: Camera | None = None
    """The video's camera in the world of the person's own motion."""
    hands: Floats | None = None
    """(2, 21, 2) pixels of the scene, landmarks of `vidmotion.skeletons.HAND21`, left hand first."""
    hand_score: Floats | None = None
    """(2,) 0 where a hand is not seen."""
    head: HeadAxes | None = None


@dataclass(frozen=True, eq=False)
class PersonTrack:
    """One person over the whole film."""

    person: Person
    points: Keypoints2D
    """(T, 17, 2) pixels of the scene."""
    to_common_world: RigidTransform | None
    """From the person's own world to that of the film."""
    joints: Floats | None
    """(T, J, 3) metres in the world of the film."""
    mesh: Mesh | None
    rows: dict[int, int]
    """Frame number to row."""

    def at_frame(self, frame: int) -> PersonFrame | None:
        """The person in a frame; None if the person is not in it."""
        row = self.rows.get(frame)
        if row is None:
            return None
        observed, motion, hands = bool(self.person.track.observed[row]), self.person.motion, self.person.hands
        mesh = None
        if self.mesh is not None:
            mesh = PersonMesh(self.person.id, self.mesh.vertices(row), self.mesh.faces, observed)
        return PersonFrame(
            self.person.id,
            self.points.xy[row],
            self.points.score[row],
            observed,
            self._in_3d(row, mesh),
            mesh,
            None if motion is None else motion.camera.at(row),
            None if hands is None else hands.xy[row],
            None if hands is None else hands.score[row],
            head_axes(self.person, row),
        )

    def _in_3d(self, row: int, mesh: PersonMesh | None) -> Person3D | None:
        motion = self.person.motion
        if motion is None or self.joints is None or self.to_common_world is None:
            return None
        if mesh is not None:
            mesh = dataclasses.replace(mesh, vertices=self.to_common_world.apply(mesh.vertices))
        return Person3D(
            self.person.id,
            self.joints[row],
            motion.confidence[row],
            by_name(motion.skeleton),
            mesh,
            None if motion.expected_error is None else motion.expected_error[row],
        )


def people_of(scene: Scene, meshes: Mapping[int, Mesh]) -> tuple[PersonTrack, ...]:
    """The people of a scene.

    Args:
        meshes: by the person's id; people without a mesh are drawn as skeletons.
    """
    transforms = align_worlds(scene.people, scene.camera_motion)
    return tuple(
        PersonTrack(
            person,
            convert(person.track.keypoints, "h36m17"),
            transform,
            None if person.motion is None or transform is None else transform.apply(person.motion.joints),
            None if person.motion is None else meshes.get(person.id),
            {int(frame): row for row, frame in enumerate(person.track.frames)},
        )
        for person, transform in zip(scene.people, transforms, strict=True)
    )
