"""A clip's labels agree with the body's kinematics and with a projection computed independently."""

from dataclasses import replace

import numpy as np
import pytest

from vidmotion.body.joints import HEAD, to_h36m
from vidmotion.body.kinematics import forward_kinematics
from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.labels import ClipLabels, actor_motion, clip_labels
from vidmotion.data.synthetic.mocap_rotations import MocapRotations
from vidmotion.data.synthetic.random_recipe import RecipeSampler
from vidmotion.data.synthetic.recipe import ADJUSTED_JOINTS, Actor, ClipRecipe
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.skeletons import H36M17


@pytest.fixture(scope="module")
def recipe(sampler: RecipeSampler) -> ClipRecipe:
    """Several people in front of a moving camera."""
    recipes = map(sampler.sample, range(100))
    return next(recipe for recipe in recipes if len(recipe.actors) > 1 and recipe.camera.kind != "fixed")


@pytest.fixture(scope="module")
def labels(recipe: ClipRecipe, capture: MocapRotations, body: BodyModel) -> ClipLabels:
    return clip_labels(recipe, capture, body)


def test_joints_are_those_of_the_posed_body(recipe: ClipRecipe, labels: ClipLabels, body: BodyModel) -> None:
    for person, actor in enumerate(recipe.actors):
        rest = body.shape(labels.betas[person])
        world, positions = forward_kinematics(
            axis_angle_to_matrix(labels.pose[person]), rest.joints, body.parents, labels.translation[person]
        )
        assert rest.height == pytest.approx(actor.height, abs=1e-3)
        joints = to_h36m(positions, world[:, HEAD], actor.height)
        seen = np.einsum("tij,tkj->tki", labels.camera.rotation, joints) + labels.camera.translation[:, None]
        np.testing.assert_allclose(labels.joints[person], seen, atol=1e-6)


def test_pictures_are_pinhole_projections(recipe: ClipRecipe, labels: ClipLabels) -> None:
    for frame in range(recipe.frames):
        lens = labels.camera.frame_camera(frame)
        np.testing.assert_allclose(lens.rotation @ lens.rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(lens.rotation) == pytest.approx(1)
        x, y, z = np.moveaxis(labels.joints[:, frame], -1, 0)
        width, height = recipe.size
        np.testing.assert_allclose(labels.xy[:, frame, :, 0], recipe.camera.focal * x / z + width / 2)
        np.testing.assert_allclose(labels.xy[:, frame, :, 1], recipe.camera.focal * y / z + height / 2)


def test_the_same_recipe_gives_the_same_labels(
    recipe: ClipRecipe, labels: ClipLabels, capture: MocapRotations, body: BodyModel
) -> None:
    for one, other in zip(labels.arrays(), clip_labels(recipe, capture, body).arrays(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_mirrored_actor_is_the_mirror_image(recipe: ClipRecipe, capture: MocapRotations, body: BodyModel) -> None:
    plain: Actor = replace(
        recipe.actors[0], mirrored=False, heading=0.0, place=(0.0, 0.0), turns=((0.0, 0.0, 0.0),) * len(ADJUSTED_JOINTS)
    )
    rest = body.shape(np.array(plain.betas))
    one, other = (
        actor_motion(actor, capture, rest, body.parents, 12).joints for actor in (plain, replace(plain, mirrored=True))
    )
    image = one[:, list(H36M17.mirror)] * [-1, 1, 1]
    assert np.linalg.norm(other - image, axis=-1).max() < 0.01  # the body itself is symmetric within millimetres
