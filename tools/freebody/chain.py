"""All steps from MakeHuman's files to the free body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.freebody.decimate import decimate
from tools.freebody.fingers import Fingers, fit_fingers
from tools.freebody.joints import SIDES, locate_joints, smpl_joints
from tools.freebody.landmarks import FINGERS, find_landmarks
from tools.freebody.makehuman import EYE_GROUPS, Adult, Folder, MakeHuman, Rig, read_makehuman, read_rig
from tools.freebody.regressors import fit_regressor, h36m_regressor
from tools.freebody.repose import Reposer, reposer_of
from tools.freebody.shapes import SAMPLES, SEED, ShapeSpace, draw_adults, fit_shapes, traits
from tools.freebody.skinning import gather_weights
from tools.freebody.smpl import FreeBody
from tools.freebody.surface import Surface, surface_of, triangles, vertex_ids
from vidmotion.body.model import Texture
from vidmotion.types import Bools, Floats, Ints

Report = Callable[[str], None]
"""Shows one line of progress to the user."""


@dataclass(frozen=True, eq=False)
class Source:
    """MakeHuman's bodies, and what poses them as SMPL's template."""

    human: MakeHuman
    rig: Rig
    surface: Surface
    """Skin and eyeballs."""
    repose: Reposer
    skin: Ints
    """Vertices of the base mesh that are skin."""
    kept: Ints
    """(V,) vertices of the base mesh that the body keeps: the skin, then the eyeballs."""

    @property
    def faces(self) -> Ints:
        """(F, 3) the faces of the kept vertices."""
        return np.searchsorted(self.kept, self.surface.triangles)

    def at_rest(self, person: Adult) -> tuple[Floats, Floats]:
        """(V, 3) and (24, 3) metres from the pelvis: a body in T-pose and its joints."""
        posed = self.repose(self.human.body(person))
        joints = smpl_joints(posed)
        return posed.vertices[self.kept] - joints[0], joints - joints[0]


def read_source(folder: Folder) -> Source:
    """Read the mesh, the targets and the rig."""
    human = read_makehuman(folder)
    mesh = human.mesh
    rig = read_rig(folder, len(mesh.vertices))
    joints = locate_joints(mesh, rig, human.body(Adult()))
    surface = surface_of(mesh.skin + mesh.eyes, len(mesh.vertices))
    kept = np.flatnonzero(~surface.loose)
    return Source(human, rig, surface, reposer_of(rig, joints, surface), vertex_ids(mesh.skin), kept)


def build_body(folder: Folder, report: Report) -> tuple[FreeBody, Fingers]:
    """The free body from MPFB2's data, and its finger joints."""
    source = read_source(folder)
    report("read the source; posing bodies")
    people = list(draw_adults(SAMPLES, SEED))
    bodies, joints = (np.array(part) for part in zip(*map(source.at_rest, people), strict=True))
    space = fit_shapes(bodies.astype(np.float32), np.array([traits(person) for person in people]))
    report(f"{SAMPLES} bodies: {space.explained:.2%} of the variance kept, {space.residual * 1e3:.2f} mm left")
    full = full_body(source, space, joints.mean(0))
    regressed = np.einsum("jv,nvc->njc", full.regressor, bodies)
    distance = np.linalg.norm(regressed - joints, axis=-1).mean(0).max()
    report(f"full body: {len(full.template)} vertices; the regressor misses joints by up to {distance * 1e3:.1f} mm")
    body, projection = decimate(full, len(source.skin))
    report(f"decimated: {len(body.template)} vertices, {len(body.faces)} faces; {_joint_change(full, body)}")
    average = source.repose(source.human.body(Adult()))
    return body, fit_fingers(source.rig, average, source.kept, projection, body.weights)


def full_body(source: Source, space: ShapeSpace, joints: Floats) -> FreeBody:
    """The body with all of MakeHuman's vertices.

    Args:
        joints: (24, 3) of the mean body.
    """
    average = source.repose(source.human.body(Adult()))
    weights = gather_weights(source.rig, source.surface, average.vertices, smpl_joints(average))[source.kept]
    regressor = fit_regressor(space.mean, joints, weights, np.isin(source.kept, source.skin))
    landmarks = find_landmarks(space.mean, weights, _eyes(source), _finger_tips(source))
    single = np.float32
    return FreeBody(
        template=space.mean.astype(single),
        faces=source.faces,
        texture=Texture(source.human.mesh.uv, triangles(source.human.mesh.uv_faces)),
        shapes=space.directions.astype(single),
        weights=weights.astype(single),
        regressor=regressor.astype(single),
        regressor_h36m=h36m_regressor(regressor, space.mean, landmarks["nose"]).astype(single),
        landmarks=landmarks,
        phenotype_mean=space.phenotype_mean.astype(single),
        phenotype_to_betas=space.phenotype_to_betas.astype(single),
    )


def _eyes(source: Source) -> dict[str, Ints]:
    """The eyeballs' vertices, by side."""
    return {side: np.searchsorted(source.kept, source.human.mesh.ids(group)) for side, group in EYE_GROUPS.items()}


def _finger_tips(source: Source) -> dict[str, Bools]:
    """(V,) the vertices of the last bone of each finger, by side and finger."""
    tips = {}
    for side in SIDES:
        for number, finger in enumerate(FINGERS, start=1):
            tips[f"{side.lower()}{finger}"] = source.rig.share((f"finger{number}-3.{side}",))[source.kept] > 0.5
    return tips


def _joint_change(full: FreeBody, body: FreeBody) -> str:
    """How far decimation moved the joints."""
    at_rest = np.linalg.norm(body.joints - full.joints, axis=1).max()
    shaped = max(
        np.linalg.norm(body.shaped_joints(direction, sigmas) - full.shaped_joints(direction, sigmas), axis=1).max()
        for direction in range(full.shapes.shape[-1])
        for sigmas in (-2, 2)
    )
    return f"joints moved by {at_rest * 1e3:.2f} mm at most, {shaped * 1e3:.2f} mm at 2 sigmas of a shape"
