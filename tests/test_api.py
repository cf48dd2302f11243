"""The verbs of the package work one after the other on a real clip, and take what a person naturally passes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vidmotion as vm
from vidmotion import weights
from vidmotion.body.load import FREE_BODY_FILE, load_body
from vidmotion.settings import LiftSettings


@pytest.fixture(scope="module")
def tracks(sample: Path) -> vm.Scene:
    try:
        weights.fetch("blazepose")
    except vm.WeightsError as error:
        pytest.skip(f"the detector cannot be fetched: {error}")
    return vm.detect(sample, end=0.6)


@pytest.fixture(scope="module")
def lifted(tracks: vm.Scene) -> vm.Scene:
    return vm.lift(tracks)


@pytest.fixture(scope="module")
def my_body(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A body model of the user's own: another file of the free body's shape."""
    path = tmp_path_factory.mktemp("body") / "SMPL_MINE.npz"
    path.write_bytes(FREE_BODY_FILE.read_bytes() + b" ")
    return str(path)


def motion(scene: vm.Scene) -> vm.Motion:
    (person,) = scene.people
    assert person.motion is not None
    return person.motion


def test_detect_lift_export_load_render(lifted: vm.Scene, sample: Path, tmp_path: Path) -> None:
    assert motion(lifted).joints.shape == (len(lifted.people[0].track), 17, 3)
    assert vm.export(lifted, tmp_path / "walk.bvh", person=0) == [tmp_path / "walk.bvh"]
    vm.export(lifted, str(tmp_path / "walk.npz"))
    np.testing.assert_array_equal(motion(vm.load(str(tmp_path / "walk.npz"))).joints, motion(lifted).joints)
    vm.render(lifted, str(tmp_path / "walk.mp4"), video=str(sample), style="both", view="side")
    assert (tmp_path / "walk.mp4").stat().st_size > 10_000


def test_height_scales_the_person(tracks: vm.Scene) -> None:
    small, tall = (motion(vm.lift(tracks, height=height)) for height in (1.0, 2.0))

    def thigh(one: vm.Motion) -> float:
        return float(np.linalg.norm(one.joints[0, 2] - one.joints[0, 1]))

    assert thigh(tall) == pytest.approx(2 * thigh(small), rel=1e-4)


def test_the_camera_sees_the_motion_where_the_points_are(lifted: vm.Scene) -> None:
    (person,) = lifted.people
    pixels = motion(lifted).camera.project(motion(lifted).joints)
    hips = person.track.keypoints.xy[:, [23, 24]].mean(1)
    assert np.linalg.norm(pixels[:, 0] - hips, axis=-1).max() < 0.06 * np.ptp(person.track.boxes[:, [1, 3]])


NATURAL: list[dict[str, Any]] = [
    {"height": 2},
    {"height": np.float32(1.82), "fov": np.int64(60)},
    {"device": "cpu"},
    {"device": vm.Device.cpu, "detector": "blazepose"},
    {"heads": "action"},
    {"heads": vm.Head.mesh, "refine": False},
    {"heads": ["pose3d", "action", vm.Head.mesh]},
    {"heads": ("mesh", "mesh")},
    {"weights": "motion-small"},
    {"weights": ["motion-small"]},
    {"weights": Path("weights/motion-small.safetensors")},
    {"weights": (Path("weights/motion-small.safetensors"), "motion-small"), "heads": ["action"]},
    {"person": 0},
    {"person": np.int64(0), "max_people": 3},
    {"flip": False},
    {"flip": np.bool_(True)},
    {"start": 0, "end": 9},
]


@pytest.mark.parametrize("arguments", NATURAL, ids=str)
def test_natural_arguments_lift(arguments: dict[str, Any], tracks: vm.Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    scene = vm.lift(tracks, **arguments)
    assert np.isfinite(motion(scene).joints).all()
    heads = arguments.get("heads", ())
    asked = {str(head) for head in ((heads,) if isinstance(heads, str) else heads)}
    assert (scene.people[0].actions is not None) == ("action" in asked)


def test_a_body_model_is_a_path_in_every_verb(tracks: vm.Scene, lifted: vm.Scene, my_body: str, tmp_path: Path) -> None:
    scene = vm.lift(tracks, body_model=my_body)
    (person,) = scene.people
    assert person.body is not None
    assert person.body.model.startswith("SMPL_MINE-")
    models: list[Any] = [my_body, Path(my_body), load_body(Path(my_body))]
    for number, model in enumerate(models):
        assert vm.export(scene, tmp_path / f"{number}.bvh", body_model=model)[0].stat().st_size
    vm.render(scene, tmp_path / "mesh.mp4", style="mesh", body_model=my_body)
    with pytest.raises(vm.InputError, match="made for the body model SMPL_MINE-"):
        vm.export(scene, tmp_path / "other.bvh")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"height": -1}, "`height` -1: wanted 0.3 to 3 metres"),
    ({"height": 182}, "`height` 182: wanted"),
    ({"height": "1.82"}, "`height` '1.82': wanted"),
    ({"height": float("nan")}, "`height` nan: wanted"),
    ({"height": None}, "`height` None: wanted"),
    ({"fov": 0}, "`fov` 0: wanted 5 to 150 degrees"),
    ({"fov": 180}, "`fov` 180: wanted"),
    ({"heads": "actions"}, "`heads` 'actions': wanted pose3d, action or mesh"),
    ({"heads": ["action", "dance"]}, "`heads` 'dance'"),
    ({"heads": []}, "`heads`: wanted pose3d, action or mesh"),
    ({"heads": 3}, "`heads` 3"),
    ({"device": "gpu"}, "`device` 'gpu': wanted auto, cpu, cuda or mps"),
    ({"detector": "nonsense"}, "nonsense"),
    ({"detector": 3}, "`detector` 3"),
    ({"weights": []}, "`weights`: wanted"),
    ({"weights": 7}, "`weights` 7: wanted"),
    ({"weights": ["motion-small", 7]}, "`weights` 7"),
    ({"body_model": 5}, "`body_model` 5: wanted the path of a file"),
    ({"body_model": "nowhere.npz"}, "nowhere.npz: no such file"),
    ({"person": 1.5}, "`person` 1.5: wanted a whole number"),
    ({"person": -1}, "`person` -1: wanted"),
    ({"person": 99}, "there is no person 99; choose `person` from 0"),
    ({"keep_uncertain": "no"}, "`keep_uncertain` 'no': wanted True or False"),
    ({"max_people": 0}, "`max_people` 0: wanted a whole number, 1 or more"),
    ({"start": 5, "end": 2}, "`end` 2 is not after `start` 5"),
    ({"start": -1}, "`start` -1: wanted 0 or more seconds"),
    ({"start": "0:10"}, "`start` '0:10': wanted"),
    ({"flip": "no"}, "`flip` 'no': wanted True or False"),
    ({"refine": False}, "pass `heads=mesh` too"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[str(arguments) for arguments, _ in WRONG])
def test_wrong_arguments_are_input_errors(arguments: dict[str, Any], message: str, tracks: vm.Scene) -> None:
    with pytest.raises(vm.InputError) as error:
        vm.lift(tracks, **arguments)
    assert message in str(error.value)


def wrong(value: object) -> Any:
    """A value of a wrong type, hidden from the type checker."""
    return value


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda scene: vm.render(scene, "x.mp4", style="skel"), "`style` 'skel': wanted skeleton, mesh or both"),
        (lambda scene: vm.render(scene, "x.mp4", view="top"), "`view` 'top': wanted turn, side or camera"),
        (lambda scene: vm.render(scene, "x.avi"), "ends in .mp4"),
        (lambda scene: vm.render(wrong("motion.json"), "x.mp4"), "`scene`: wanted a Scene"),
        (lambda scene: vm.export(wrong("motion.json"), "x.bvh"), "`scene`: wanted a Scene"),
        (lambda scene: vm.export(scene, "x.xyz"), "unknown export format '.xyz'"),
        (lambda scene: vm.export(scene, "x"), "x: the name has no suffix, which picks the format; known: .amass.npz"),
        (lambda scene: vm.load("dance.mp4"), "`vidmotion lift` makes one from a video"),
        (lambda scene: vm.export(scene, wrong(["x.bvh"])), "`path` ['x.bvh']: wanted the path of a file"),
        (lambda scene: vm.export(scene, "x.vtt"), "action"),
        (lambda scene: vm.export(scene, "x.bvh", person=wrong("0")), "`person` '0': wanted a whole number"),
        (lambda scene: vm.lift(wrong(["a.mp4", "b.mp4"])), "`source` ['a.mp4', 'b.mp4']: wanted the path of a file"),
        (lambda scene: vm.lift("nowhere.mp4"), "nowhere.mp4: no such file"),
        (lambda scene: vm.detect("nowhere.mp4", device="gpu"), "`device` 'gpu'"),
        (lambda scene: vm.lift(replace(scene, people=())), "there is nobody in this scene"),
    ],
)
def test_wrong_calls_are_input_errors(
    call: Callable[[vm.Scene], object], message: str, lifted: vm.Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(vm.InputError) as error:
        call(lifted)
    assert message in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [{"hight": 1.8}, {"lift": {}}])
def test_unknown_arguments_are_type_errors(arguments: dict[str, Any], tracks: vm.Scene) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        vm.lift(tracks, **arguments)


def test_settings_are_named() -> None:
    assert vm.Settings(heads=(vm.Head.action,), weights=("a", "b")).weights == ("a", "b")
    kinds: list[Any] = [vm.Settings, LiftSettings]
    for kind in kinds:
        with pytest.raises(TypeError, match="positional"):
            kind("auto")


def test_a_scene_without_people_is_saved_loaded_and_refused(lifted: vm.Scene, tmp_path: Path) -> None:
    vm.export(replace(lifted, people=()), tmp_path / "empty.json")
    empty = vm.load(tmp_path / "empty.json")
    assert empty.people == ()
    with pytest.raises(vm.NobodyFoundError, match="there is nobody in this scene to lift"):
        vm.lift(empty)
