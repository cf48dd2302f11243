"""Body models: the free one, users' own, and what is wrong with files that are none."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidmotion.body.load import FREE_BODY, load_body
from vidmotion.body.model import BodyModel
from vidmotion.errors import InputError
from vidmotion.types import BodyMotion


def test_the_free_body_is_a_grown_person_who_faces_forward(body: BodyModel) -> None:
    rest = body.shape(np.zeros(10))
    assert body.name == FREE_BODY
    assert body.licence == "CC0-1.0"
    assert rest.vertices.shape == (6935, 3)
    assert 1.6 < rest.height < 1.8
    assert rest.joints[1, 0] > 0 > rest.joints[2, 0]  # the left hip on +X
    assert rest.joints[10, 2] > rest.joints[7, 2]  # toes before ankles
    assert abs(rest.joints[0]).max() < 0.01


def test_betas_and_phenotypes_shape_it(body: BodyModel) -> None:
    assert body.phenotype is not None
    small, tall = (body.phenotype.betas(np.array([0.5, 0.4, 0.5, 0.5, size, 0.5])) for size in (0.1, 0.9))
    assert body.shape(tall).height - body.shape(small).height > 0.15
    assert body.shape(np.ones(1)).height > body.shape(np.zeros(1)).height
    with pytest.raises(InputError, match="11 betas do not fit"):
        body.shape(np.zeros(11))


def test_a_file_of_ones_own_is_named_by_its_content(body: BodyModel, body_file: Callable[..., Path]) -> None:
    mine = load_body(body_file())
    np.testing.assert_array_equal(mine.template, body.template)
    assert mine.pose_directions is None
    assert mine.name.startswith("SMPL_MINE-")
    assert "non-commercial" in mine.licence
    other = load_body(body_file(v_template=body.template * 1.01))
    assert mine.name != other.name


def test_texture_coordinates(body: BodyModel, body_file: Callable[..., Path]) -> None:
    """Those of SMPL-X's files, `vt` and `ft`; files without any have none."""
    assert load_body(body_file()).texture is None
    assert body.texture
    uv, faces = body.texture.uv, body.texture.faces
    assert (uv >= 0).all()
    assert (uv <= 1).all()
    mine = load_body(body_file(vt=uv, ft=faces.astype(np.uint32))).texture
    assert mine
    np.testing.assert_array_equal(mine.uv[mine.faces], uv[faces])
    with pytest.raises(InputError, match=r"texture\.faces: wanted shape \(13800, 3\), received \(13799, 3\)"):
        load_body(body_file(vt=uv, ft=faces[1:]))
    with pytest.raises(InputError, match="wanted numbers of points below 9"):
        load_body(body_file(vt=uv[:9], ft=faces))


def test_texture_of_the_free_body_is_cut_along_few_seams(body: BodyModel) -> None:
    """Neighbours on the body are neighbours on the picture, and no face is turned over or drawn out."""
    assert body.texture
    corners = body.texture.uv[body.texture.faces]
    along, across = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (along[:, 0] * across[:, 1] > along[:, 1] * across[:, 0]).mean() > 0.998
    assert np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max() < 0.07
    assert len(body.texture.uv) < 1.12 * len(body.template)


def test_shapes_of_another_model_are_refused(body: BodyModel, body_file: Callable[..., Path]) -> None:
    motion = BodyMotion(body.name, np.zeros((1, 24, 3)), np.zeros(10), np.zeros((1, 3)), np.zeros(1))
    body.check_motion(motion)
    with pytest.raises(InputError, match="made for the body model freebody, not for SMPL_MINE-"):
        load_body(body_file()).check_motion(motion)


def test_models_with_fingers_are_read(body: BodyModel, body_file: Callable[..., Path]) -> None:
    joints = 52  # as SMPL-H: body, then 15 joints of each hand
    hands = [20 + (joint - 22) // 15 if (joint - 22) % 3 == 0 else joint - 1 for joint in range(22, joints)]
    regressor = np.concatenate([body.regressor[:22], body.regressor[[22] * 15 + [23] * 15]])
    regressor[22:] += np.linspace(0, 0.1, 30)[:, None] * np.eye(1, len(body.template), 5)
    weights = np.concatenate([body.weights[:, :22], np.zeros((len(body.template), 30), np.float32)], 1)
    weights[:, [22, 37]] = body.weights[:, 22:]
    model = load_body(
        body_file(
            J_regressor=regressor,
            weights=weights,
            posedirs=None,
            kintree_table=np.array([[*body.parents[:22], *hands], range(joints)]).astype(np.uint32),
        )
    )
    assert len(model.parents) == 52
    assert model.shape(np.zeros(10)).joints.shape == (52, 3)


def nan(array: np.ndarray) -> np.ndarray:
    array = array.copy()
    array.flat[7] = np.nan
    return array


BROKEN: dict[str, tuple[Callable[[BodyModel], dict[str, Any]], str]] = {
    "no faces": (lambda body: {"f": None}, "f is missing"),
    "nan": (lambda body: {"v_template": nan(body.template)}, "v_template holds a number that is not finite"),
    "flat": (lambda body: {"v_template": body.template[:, :2]}, r"template: wanted shape \(V, 3\)"),
    "few joints": (lambda body: {"kintree_table": np.zeros((2, 5), np.uint32)}, "22 or more"),
    "other joints": (lambda body: {"kintree_table": np.array([range(-1, 23), range(24)])}, "SMPL's body joints"),
    "face too far": (lambda body: {"f": body.faces + 1}, "vertex numbers below 6935"),
    "weights": (lambda body: {"weights": body.weights * 2}, "do not sum to 1"),
    "bone": (lambda body: {"J_regressor": body.regressor[[0] * 24]}, "has no length"),
    "pose": (lambda body: {"posedirs": np.ones((6935, 3, 20), np.float32)}, "pose_directions"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_not_a_body_is_refused(kind: str, body: BodyModel, body_file: Callable[..., Path]) -> None:
    changes, message = BROKEN[kind]
    with pytest.raises(InputError, match=message):
        load_body(body_file(**changes(body)))


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("SMPL_NEUTRAL.pkl", "https://smpl.is.tue.mpg.de"),
        ("SMPLH_MALE.npz", "https://mano.is.tue.mpg.de"),
        ("SMPLX_NEUTRAL.npz", "https://smpl-x.is.tue.mpg.de"),
    ],
)
def test_a_missing_licensed_file_names_page_and_path(name: str, page: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        load_body(tmp_path / name)
    assert page in str(told.value)
    assert str(tmp_path / name) in str(told.value)


def test_another_missing_file_names_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file; leave `body_model` out"):
        load_body(tmp_path / "mine.npz")
