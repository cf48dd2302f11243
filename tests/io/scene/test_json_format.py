"""JSON: valid by its schema, the same after a round trip, and strict with damaged files."""

import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from tests.io.scene.scenes import embodied, panned, person_of, scene_of, walk, wander
from vidmotion.errors import InputError
from vidmotion.io.scene import json_format
from vidmotion.io.scene.formats import export, load
from vidmotion.types import Scene


def written(scene: Scene, folder: Path) -> dict[str, Any]:
    (path,) = export(scene, folder / "scene.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_file_fits_the_schema(scene: Scene, tmp_path: Path) -> None:
    schema = json.loads((resources.files("vidmotion.io.scene") / "scene.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    tree = written(scene, tmp_path)
    jsonschema.validate(tree, schema, jsonschema.Draft202012Validator)
    for part, field in (("motion", "joints"), ("body", "pose")):
        broken = copy.deepcopy(tree)
        broken["people"][0][part][field][0].pop()
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema, jsonschema.Draft202012Validator)


def test_fields(scene: Scene, tmp_path: Path) -> None:
    tree = written(scene, tmp_path)
    assert tree["schema"] == "vidmotion.scene/2"
    assert (tree["fps"], tree["fps_exact"]) == (pytest.approx(29.97, abs=1e-3), "30000/1001")
    assert tree["provenance"] == {"program": "vidmotion", "weights": ["a", "b"]}
    walker, seen = tree["people"]
    assert (walker["id"], seen["id"], seen["motion"], seen["body"]) == (0, 3, None, None)
    motion = scene.people[0].motion
    assert motion
    assert walker["motion"]["joints"] == np.round(motion.joints, 4).tolist()
    assert walker["motion"]["joint_names"][:2] == ["root", "right_hip"]
    body = scene.people[0].body
    assert body
    assert walker["body"]["model"] == "freebody"
    assert walker["body"]["pose"] == (np.round(body.pose, 5) + 0.0).tolist()
    assert walker["body"]["joint_names"][:2] == ["pelvis", "left_hip"]


def test_round_trip_is_identical(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(scene, tmp_path / "scene.json")
    again = load(path)
    (second,) = export(again, tmp_path / "again.json")
    assert second.read_bytes() == path.read_bytes()
    assert (again.fps, again.size, again.frame_count) == (scene.fps, scene.size, scene.frame_count)
    assert again.people[0].track.times == pytest.approx(scene.people[0].track.times, abs=1e-6)
    assert (again.people[0].track.observed == scene.people[0].track.observed).all()
    before, after = scene.people[0].body, again.people[0].body
    assert before
    assert after
    for name in ("pose", "betas", "translation", "error"):
        assert getattr(after, name) == pytest.approx(getattr(before, name), abs=6e-6)


def test_packed_by_gzip(scene: Scene, tmp_path: Path) -> None:
    (plain,) = export(scene, tmp_path / "scene.json")
    (packed,) = export(scene, tmp_path / "scene.JSON.gz")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert packed.stat().st_size < 0.5 * plain.stat().st_size
    (again,) = export(load(packed), tmp_path / "again.json.gz")
    assert again.read_bytes() == packed.read_bytes()


def test_packed_files_that_are_damaged_are_told_in_one_line(scene: Scene, tmp_path: Path) -> None:
    (path,) = export(scene, tmp_path / "scene.json.gz")
    whole = path.read_bytes()
    for damaged in (whole[:-30], b"{}", whole[:40] + bytes(40) + whole[80:]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"scene\.json\.gz is not a whole gzip file \(.*\); export it again"):
            load(path)


def test_packed_file_that_unpacks_to_far_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_format, "LARGEST_SMALL", 1 << 16)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b" " * (1 << 20)))
    with pytest.raises(InputError, match=r"bomb\.json\.gz is small but unpacks to far too much"):
        load(path)


def test_cuts(scene: Scene, tmp_path: Path) -> None:
    divided = replace(scene, cuts=(50, 98))
    assert written(divided, tmp_path)["cuts"] == [50, 98]
    assert load(tmp_path / "scene.json").cuts == (50, 98)
    test_file_fits_the_schema(divided, tmp_path)


def test_file_of_a_time_without_cuts(scene: Scene, tmp_path: Path) -> None:
    tree = written(scene, tmp_path)
    assert tree.pop("cuts") == []
    path = tmp_path / "old.json"
    path.write_text(json.dumps(tree))
    assert load(path).cuts == ()
    test_file_fits_the_schema(load(path), tmp_path)


def test_file_of_a_time_without_bodies(scene: Scene, tmp_path: Path) -> None:
    tree = written(scene, tmp_path)
    tree["people"][0]["body"] = None
    path = tmp_path / "old.json"
    path.write_text(json.dumps(tree))
    assert [person.body for person in load(path).people] == [None, None]


def test_long_rate_of_a_video_with_uneven_times(tmp_path: Path) -> None:
    rate = Fraction(1620000001, 54000123)
    (path,) = export(scene_of(embodied(wander(3)), fps=rate), tmp_path / "scene.json")
    assert load(path).fps == rate
    test_file_fits_the_schema(load(path), tmp_path)


def test_single_precision_is_rounded_as_text(tmp_path: Path) -> None:
    person = person_of(walk(3).astype(np.float32))
    joints = np.array(written(scene_of(person), tmp_path)["people"][0]["motion"]["joints"])
    assert (joints == np.round(joints, 4)).all()


def test_scene_without_people(tmp_path: Path) -> None:
    assert load(export(scene_of(), tmp_path / "none.json")[0]).people == ()


def test_number_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    joints = walk(3)
    joints[1, 4, 0] = np.inf
    with pytest.raises(InputError, match=r"person 0: motion\.joints .* not finite"):
        export(scene_of(person_of(joints)), tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_body_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    body = wander(3)
    body.pose[1, 2, 0] = np.nan
    with pytest.raises(InputError, match=r"person 0: body\.pose .* not finite"):
        export(scene_of(replace(person_of(walk(3)), body=body)), tmp_path / "a.json")


def replaced(*keys: str | int, value: Any) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        tree[keys[-1]] = value

    return change


def removed(*keys: str | int) -> Callable[[Any], None]:
    def change(tree: Any) -> None:
        for key in keys[:-1]:
            tree = tree[key]
        del tree[keys[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            replaced("schema", value="vidmotion.scene/3"),
            r"scene/3.*wanted 'vidmotion\.scene/2' or 'vidmotion\.scene/1'",
        ),
        (removed("people"), "people is missing"),
        (replaced("cuts", value=[9, 9]), "field cuts: wanted rising frame numbers above 0"),
        (replaced("cuts", value=[0]), "field cuts: wanted rising frame numbers above 0"),
        (replaced("cuts", value=[1.5]), "field cuts: wanted frame numbers"),
        (removed("people", 0, "keypoints", "xy"), r"people\[0\]\.keypoints\.xy is missing"),
        (removed("people", 0, "motion", "camera", "focal"), r"camera\.focal is missing"),
        (removed("people", 0, "motion", "joints", 0, 0), r"motion\.joints: rows of different lengths"),
        (removed("people", 0, "motion", "joints", 0), r"Motion\.confidence: wanted shape \(119, 17\)"),
        (removed("people", 0, "times", 0), r"Track\.times: wanted shape \(120\)"),
        (replaced("people", 0, "id", value="0"), r"people\[0\]\.id"),
        (replaced("people", 0, "frames", 3, value=0), "rising"),
        (replaced("people", 0, "frames", 3, value=0.5), r"people\[0\]\.frames"),
        (replaced("people", 0, "frames", 3, value=10**40), r"people\[0\]\.frames"),
        (replaced("people", 0, "boxes", 0, 0, value="1"), r"people\[0\]\.boxes"),
        (replaced("people", 0, "boxes", 0, 0, value=None), r"people\[0\]\.boxes"),
        (replaced("people", 0, "motion", "skeleton", value="cat"), "cat"),
        (replaced("people", 0, "motion", "unit", value="inch"), "inch"),
        (removed("people", 0, "body"), r"people\[0\]\.body is missing"),
        (removed("people", 0, "body", "betas"), r"body\.betas is missing"),
        (removed("people", 0, "body", "pose", 0), r"people\[0\]: BodyMotion\.translation: wanted shape \(119, 3\)"),
        (removed("people", 0, "body", "pose", 0, 0), r"body\.pose: rows of different lengths"),
        (replaced("people", 0, "body", "error", 0, value="1"), r"body\.error"),
        (replaced("people", 0, "body", "model", value=None), r"body\.model"),
        (replaced("people", 0, "body", "unit", value="degree"), "degree"),
        (replaced("people", 0, "body", "joint_names", 3, value="tail"), r"body\.joint_names: not the joints SMPL's 24"),
        (replaced("people", 0, "body", value=[1]), r"people\[0\]\.body"),
        (replaced("people", 1, "id", value=0), "same id"),
        (replaced("people", value=7), "people"),
        (replaced("people", 0, value=[]), r"people\[0\]"),
        (replaced("fps_exact", value="30/0"), "fps_exact"),
        (replaced("fps_exact", value="1" + "0" * 18 + "/1"), "fps_exact"),
        (replaced("size", value=[1280]), "size"),
        (replaced("people", 0, "motion", "height", value=10**400), r"motion\.height: not a finite number"),
        (replaced("people", 0, "id", value=10**9), r"people\[0\]\.id: wanted a number of at most 9 digits"),
        (replaced("frame_count", value=10**400), "frame_count: wanted a number of at most 9 digits"),
        (replaced("cuts", value=[10**400]), "field cuts: wanted frame numbers"),
        (replaced("size", value=[1280, 0]), "size"),
    ],
)
def test_damaged_field_is_named(change: Callable[[Any], None], message: str, scene: Scene, tmp_path: Path) -> None:
    tree = written(scene, tmp_path)
    change(tree)
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(tree))
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"schema": NaN}', "\xff\xfe", "[" * 100_000, "{}"])
def test_what_is_not_a_scene_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_overflowing_number_is_refused(scene: Scene, tmp_path: Path) -> None:
    tree = written(scene, tmp_path)
    tree["people"][0]["motion"]["height"] = 123456.5
    path = tmp_path / "huge.json"
    path.write_text(json.dumps(tree).replace("123456.5", "1e999"))
    with pytest.raises(InputError, match="height"):
        load(path)


@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_moving_camera_survives(scene: Scene, tmp_path: Path, suffix: str) -> None:
    moving = panned(scene)
    (path,) = export(moving, tmp_path / f"scene.{suffix}")
    again = load(path)
    before, after = moving.people[0].motion, again.people[0].motion
    assert before
    assert after
    assert moving.camera_motion
    assert again.camera_motion
    assert after.camera.moves
    for name in ("focal", "rotation", "translation"):
        np.testing.assert_allclose(getattr(after.camera, name), getattr(before.camera, name), atol=1e-3)
    assert again.camera_motion.kinds == moving.camera_motion.kinds
    for name in ("rotation", "zoom", "certain", "focal"):
        np.testing.assert_allclose(getattr(again.camera_motion, name), getattr(moving.camera_motion, name), atol=1e-4)
    if suffix == "json":
        schema = json.loads((resources.files("vidmotion.io.scene") / "scene.schema.json").read_text())
        jsonschema.validate(json.loads(path.read_text()), schema, jsonschema.Draft202012Validator)
