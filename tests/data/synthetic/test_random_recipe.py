"""Recipes follow from seed and number; people stand apart from each other and in front of the camera."""

import json
from dataclasses import replace

import numpy as np
import pytest

from vidmotion.body.model import BodyModel
from vidmotion.data.synthetic.labels import clip_labels
from vidmotion.data.synthetic.mocap_rotations import MocapRotations
from vidmotion.data.synthetic.random_recipe import RecipeSampler, RecipeSettings
from vidmotion.data.synthetic.recipe import ClipRecipe
from vidmotion.errors import InputError

NUMBERS = range(12)


@pytest.fixture(scope="module")
def recipes(sampler: RecipeSampler) -> list[ClipRecipe]:
    return [sampler.sample(number) for number in NUMBERS]


def test_a_recipe_follows_from_seed_and_number(
    recipes: list[ClipRecipe], capture: MocapRotations, body: BodyModel
) -> None:
    again = RecipeSampler(capture, body, RecipeSettings(0, 12, False))
    assert [again.sample(number) for number in (7, 2)] == [recipes[7], recipes[2]]
    assert len({recipe.camera.position for recipe in recipes}) == len(recipes)
    assert RecipeSampler(capture, body, RecipeSettings(1, 12, False)).sample(2).actors != recipes[2].actors


def test_a_recipe_survives_json(recipes: list[ClipRecipe]) -> None:
    for recipe in recipes:
        assert ClipRecipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_people_are_in_front_of_the_camera_and_apart(
    recipes: list[ClipRecipe], capture: MocapRotations, body: BodyModel
) -> None:
    assert {len(recipe.actors) for recipe in recipes} >= {1, 2}
    shares = []
    for recipe in recipes:
        labels = clip_labels(recipe, capture, body)
        assert labels.joints[..., 2].min() > 0.4
        shares.append(((labels.xy > 0) & (labels.xy < recipe.size)).all(-1).mean())
        roots = labels.joints[:, :, 0]
        for one in range(1, len(roots)):
            assert np.linalg.norm(roots[one] - roots[:one], axis=-1).min() > 0.3
    assert min(shares) > 0.3  # some cameras are so near that they cut people off
    assert np.mean(shares) > 0.8


def test_only_given_pictures_are_backgrounds(
    recipes: list[ClipRecipe], capture: MocapRotations, body: BodyModel
) -> None:
    assert "picture" not in {recipe.film.background for recipe in recipes}
    supplied = RecipeSampler(capture, body, RecipeSettings(0, 12, True))
    assert "picture" in {supplied.sample(number).film.background for number in NUMBERS}


def test_a_body_without_phenotype_is_an_error(capture: MocapRotations, body: BodyModel) -> None:
    with pytest.raises(InputError, match="needs the free body"):
        RecipeSampler(capture, replace(body, phenotype=None), RecipeSettings(0, 12, False))


def test_only_people_on_one_spot_are_tilted_and_stand_on_the_floor(capture: MocapRotations, body: BodyModel) -> None:
    sampler = RecipeSampler(capture, body, RecipeSettings(3, 12, False))
    tilted = 0
    for number in range(60):
        recipe = sampler.sample(number)
        for person, actor in enumerate(recipe.actors):
            if actor.tilt:
                tilted += 1
                alone = replace(recipe, actors=(replace(actor, place=(0.0, 0.0)),))
                labels = clip_labels(alone, capture, body)
                world = (labels.joints[0] - labels.camera.translation[:, None]) @ labels.camera.rotation
                assert np.ptp(world[:, 0], axis=0).max() < 1.2, person
                assert -0.1 < world[..., 1].min() < 0.35
    assert tilted > 0
