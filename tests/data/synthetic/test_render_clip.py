"""Drawn people cover their exact joints, hide each other, and are the same every time."""

import numpy as np
import pytest

pytest.importorskip("numba")

from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.clothing import Clothes
from vidmotion.data.synthetic.frame_camera import FrameCamera, look_at
from vidmotion.data.synthetic.labels import ClipLabels, clip_labels
from vidmotion.data.synthetic.mocap_rotations import MocapRotations
from vidmotion.data.synthetic.people import ClothedBody, Light, draw_people
from vidmotion.data.synthetic.random_recipe import RecipeSampler
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.data.synthetic.render_clip import ClipRenderer
from vidmotion.data.synthetic.room import RoomPicture
from vidmotion.data.synthetic.scenery import draw_scenery

SIZE = (320, 240)


@pytest.fixture(scope="module")
def clothed(body: BodyModel) -> ClothedBody:
    grey = np.full(3, 128.0)
    return ClothedBody.of(body, Clothes(grey, grey, grey, grey, grey, grey, 0.3, -0.8, 0, False))


@pytest.fixture
def camera() -> FrameCamera:
    rotation, translation = look_at(np.array([0.0, 0.0, 4.0]), np.zeros(3), 0.0)
    return FrameCamera.centered(rotation, translation, 400.0, SIZE)


def empty(near: float = 0.0) -> RoomPicture:
    """A black room without a floor, with something `1 / near` metres in front of the camera."""
    shape = SIZE[::-1]
    zeros = np.zeros(shape, np.float32)
    return RoomPicture(np.zeros((*shape, 3), np.float32), np.full(shape, near, np.float32), zeros)


def covered(picture: np.ndarray) -> np.ndarray:
    mask: np.ndarray = picture.max(-1) > 1
    return mask


def test_exact_joints_lie_on_the_drawn_person(
    sampler: RecipeSampler, capture: MocapRotations, body: BodyModel, clothed: ClothedBody
) -> None:
    renderer = ClipRenderer(body)
    tested = 0
    for number in range(6):
        recipe = sampler.sample(number)
        labels = clip_labels(recipe, capture, body)
        width, height = recipe.size
        blank = np.zeros((height, width), np.float32)
        for person in range(len(recipe.actors)):
            vertices = renderer._pose(labels, person)[6]
            view = RoomPicture(np.zeros((height, width, 3), np.float32), blank, blank)
            picture, _ = draw_people(view, [(clothed, vertices)], labels.camera.frame_camera(6), Light())
            joints = labels.xy[person, 6]
            inside = joints[((joints >= 0) & (joints < [width, height])).all(1)].astype(int)
            assert covered(picture)[inside[:, 1], inside[:, 0]].all()
            tested += len(inside)
    assert tested > 80


def test_nearer_things_hide_a_person(clothed: ClothedBody, body: BodyModel, camera: FrameCamera) -> None:
    picture, visible = draw_people(empty(), [(clothed, body.template)], camera, Light())
    assert visible[0] == pytest.approx(1, abs=0.02)
    assert covered(picture).sum() > 1000
    picture, visible = draw_people(empty(near=0.5), [(clothed, body.template)], camera, Light())
    assert visible[0] == 0
    assert not covered(picture).any()


def test_the_nearer_of_two_is_seen_whichever_is_drawn_first(
    clothed: ClothedBody, body: BodyModel, camera: FrameCamera
) -> None:
    near, far = body.template + np.array([0.0, 0.0, 0.5]), body.template
    for people in ([near, far], [far, near]):
        _, visible = draw_people(empty(), [(clothed, person) for person in people], camera, Light())
        order = visible if people[0] is near else visible[::-1]
        assert order[0] > 0.97
        assert order[1] < 0.3


def test_a_person_outside_of_the_picture_is_not_visible(
    clothed: ClothedBody, body: BodyModel, camera: FrameCamera
) -> None:
    _, visible = draw_people(empty(), [(clothed, body.template + np.array([9.0, 0.0, 0.0]))], camera, Light())
    assert visible[0] == 0


def render(recipe: ClipRecipe, labels: ClipLabels, renderer: ClipRenderer) -> tuple[bytes, np.ndarray]:
    scenery = draw_scenery(recipe, labels.camera, labels.joints, (), np.random.default_rng(1))
    rendered = renderer.render(labels, scenery, recipe.film, np.random.default_rng(2))
    assert [picture.shape for picture in rendered.pictures()] == [(*recipe.size[::-1], 3)] * recipe.frames
    return rendered.video, rendered.visible


def test_rendering_again_gives_the_same_bytes(sampler: RecipeSampler, capture: MocapRotations, body: BodyModel) -> None:
    recipe = sampler.sample(3)
    labels, renderer = clip_labels(recipe, capture, body), ClipRenderer(body)
    (video, visible), (again, visible_again) = render(recipe, labels, renderer), render(recipe, labels, renderer)
    assert video == again
    np.testing.assert_array_equal(visible, visible_again)
    assert visible.shape == (len(recipe.actors), 12)
