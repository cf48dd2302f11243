"""`--detector rtmlib[:...]`: names, and rtmlib's own classes on small ONNX networks whose output is known.

The largest value of the first channel scales the scores, so that pictures of one color show in which order the channels
reach the networks.
"""

import re
import shutil
import sys
import zipfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest

import vidmotion
from vidmotion.choices import Device
from vidmotion.detectors import check_detector_name, create_detector, resolve_detector_name
from vidmotion.detectors.rtmlib_detector import KINDS, MODES, ModelSelection, parse_name
from vidmotion.errors import InputError, MissingExtraError, WeightsError

needs_rtmlib = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("rtmlib", "onnxruntime", "onnx")), reason="needs the extra rtmlib and onnx"
)

SIZES = {"det": (64, 64), "pose": (48, 64)}
"""Of the small networks' input, as rtmlib lists them: rows and columns of YOLOX, width and height of RTMPose."""
BOX = (16.0, 8.0, 40.0, 56.0)
"""What the person network finds, in pixels of its input."""
RED, BLUE, PURPLE, WHITE = (255, 0, 0), (0, 0, 255), (255, 0, 255), (255, 255, 255)


@dataclass
class Workshop:
    """Writes networks into a folder like rtmlib's cache, and lists them where rtmlib lists its own."""

    folder: Path
    models: dict[str, Any] = field(default_factory=dict)

    def people(self, boxes: list[tuple[float, ...]], score: float = 0.9) -> Path:
        """A network like YOLOX with suppression: the same boxes in every picture.

        Args:
            boxes: x0, y0, x1, y1 in pixels of the input.
            score: of all, where the first channel is 255.
        """
        values = np.array([[[*box, score / 255] for box in boxes]], np.float32)
        weight = np.ones_like(values)
        weight[..., :4] = 0
        # Coordinates keep their value: value * (weight * peak + 1 - weight).
        nodes = [
            ("Mul", ["weight", "peak"], "scaled"),
            ("Add", ["scaled", "fixed"], "factor"),
            ("Mul", ["values", "factor"], "dets"),
        ]
        constants = {"values": values, "weight": weight, "fixed": 1 - weight}
        return self.write("det", nodes, constants, ["dets"])

    def pose(self, places: np.ndarray, height: float = 0.4) -> Path:
        """A network like RTMPose: each point's curves have one peak.

        Args:
            places: (J, 2) places of the peaks, in half pixels of the input.
            height: of the peaks, times the largest value of the normalized first channel.
        """
        curves = {}
        for axis, (name, side) in enumerate(zip(("x", "y"), SIZES["pose"], strict=True)):
            curves[name] = np.zeros((1, len(places), 2 * side), np.float32)
            curves[name][0, np.arange(len(places)), places[:, axis]] = height
        nodes = [("Mul", [name, "peak"], f"simcc_{name}") for name in curves]
        return self.write("pose", nodes, curves, ["simcc_x", "simcc_y"])

    def write(self, part: str, nodes: list[Any], constants: dict[str, np.ndarray], outputs: list[str]) -> Path:
        import onnx
        from onnx import TensorProto, helper, numpy_helper

        sides = SIZES[part] if part == "det" else SIZES[part][::-1]
        tensors = {**constants, "zero": np.zeros(1, np.int64), "one": np.ones(1, np.int64), "last": np.full(1, 1)}
        graph = helper.make_graph(
            [
                helper.make_node("Slice", ["input", "zero", "one", "last"], ["first"]),
                helper.make_node("ReduceMax", ["first"], ["peaks"]),
                helper.make_node("Squeeze", ["peaks"], ["peak"]),
                *(helper.make_node(kind, inputs, [output]) for kind, inputs, output in nodes),
            ],
            part,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, *sides])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            [numpy_helper.from_array(value, name) for name, value in tensors.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"small_{part}.onnx"
        onnx.save(model, path)
        return path


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """rtmlib with small networks in its lists, a cache of its own, and no network connection."""
    import rtmlib
    from rtmlib.tools import file

    def no_connection(*args: Any, **options: Any) -> None:
        raise URLError("no connection")

    models = {
        **{part: f"https://example.org/models/small_{part}.zip" for part in SIZES},
        **{f"{part}_input_size": size for part, size in SIZES.items()},
    }
    for kind in KINDS.values():
        monkeypatch.setattr(getattr(rtmlib, kind.solution), "MODE", dict.fromkeys(MODES, models))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(file, "urlopen", no_connection)
    return Workshop(tmp_path / "hub" / "checkpoints", models)


def places(points: int) -> np.ndarray:
    draws = np.random.default_rng(0)
    return np.stack([draws.integers(0, 2 * side, points) for side in SIZES["pose"]], 1)


def picture(color: tuple[int, int, int], height: int = 128, width: int = 128) -> np.ndarray:
    return np.full((height, width, 3), color, np.uint8)


@pytest.mark.parametrize(
    ("name", "selection"),
    [
        ("rtmlib", ModelSelection("body_with_feet", "balanced")),
        ("rtmlib:body", ModelSelection("body", "balanced")),
        ("rtmlib:performance", ModelSelection("body_with_feet", "performance")),
        ("rtmlib:wholebody:lightweight", ModelSelection("wholebody", "lightweight")),
    ],
)
def test_names(name: str, selection: ModelSelection) -> None:
    check_detector_name(name)
    assert parse_name(name) == selection
    assert parse_name(selection.name) == selection


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("rtmlib:", "rtmlib has no ''; wanted body_with_feet, body, wholebody, and balanced, lightweight, performance"),
        ("rtmlib:hand", "rtmlib has no 'hand'"),
        ("rtmlib:body:wholebody", "at most one of body_with_feet"),
        ("rtmlib:lightweight:balanced", "at most one of body_with_feet"),
        ("rtmlib-l", "unknown detector 'rtmlib-l'; known: .*mmpose, rtmlib$"),
    ],
)
def test_wrong_names(name: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        check_detector_name(name)


def test_licences_name_the_training_data() -> None:
    licence = parse_name("rtmlib").licence
    assert licence.startswith(
        "points: OpenMMLab (Apache-2.0 code, no terms of the weights' own), trained on AI Challenger"
    )
    assert licence.endswith("trained on Human-Art, which is for non-commercial purposes only")
    assert "InterHand" in parse_name("rtmlib:wholebody").licence


@pytest.mark.parametrize("package", ["rtmlib", "onnxruntime"])
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for use in (create_detector, resolve_detector_name):
        with pytest.raises(MissingExtraError, match=rf"needs .*{package}.*: run `pip install 'vidmotion\[rtmlib\]'`"):
            use("rtmlib")


def test_only_this_module_imports_rtmlib() -> None:
    package = Path(vidmotion.__file__).parent
    pattern = re.compile(r"^\s*(?:import|from) (?:rtmlib|onnxruntime)\b", re.MULTILINE)
    found = [path.name for path in package.rglob("*.py") if pattern.search(path.read_text(encoding="utf-8"))]
    assert found == ["rtmlib_detector.py"]


@needs_rtmlib
def test_rtmlib_lists_the_networks() -> None:
    import rtmlib

    for name, kind in KINDS.items():
        modes = getattr(rtmlib, kind.solution).MODE
        assert set(modes) == set(MODES), name
        for models in modes.values():
            assert "humanart" in models["det"]
            assert ("cocktail14" if name == "wholebody" else "body7") in models["pose"]


@needs_rtmlib
@pytest.mark.parametrize(
    ("kind", "points", "skeleton", "joints"),
    [("body", 17, "coco17", 17), ("body_with_feet", 26, "halpe26", 26), ("wholebody", 133, "coco23", 23)],
)
def test_points_lie_where_their_curves_peak(
    workshop: Workshop, capfd: pytest.CaptureFixture[str], kind: str, points: int, skeleton: str, joints: int
) -> None:
    workshop.people([BOX])
    workshop.pose(places(points))
    messages: list[str] = []
    detector = create_detector(f"rtmlib:{kind}", on_message=messages.append)
    assert (detector.name, detector.skeleton) == (f"rtmlib:{kind}:balanced", skeleton)
    (found,) = detector.detect(picture(WHITE), 0)
    # The picture is twice as large as YOLOX's input: the box is 48 x 96 pixels around (56, 64). RTMPose takes 1.25
    # times that, and more at the sides for the shape of its input: 90 x 120 pixels.
    xy = np.array([56, 64]) + (places(points)[:joints] / (96, 128) - 0.5) * (90, 120)
    np.testing.assert_allclose(found.xy, xy, atol=1e-3)
    np.testing.assert_allclose(found.score, 0.4 * (255 - 123.675) / 58.395, rtol=1e-5)
    assert (found.xy.dtype, found.score.dtype) == (np.float32, np.float32)
    assert messages == []
    assert capfd.readouterr() == ("", "")


@needs_rtmlib
def test_people_are_found_with_blue_first_and_points_with_red_first(workshop: Workshop) -> None:
    """As the networks were trained. Without blue nobody is found, without red nobody has points."""
    workshop.people([BOX])
    workshop.pose(places(26))
    detector = create_detector("rtmlib")
    found = [len(detector.detect(picture(color), 0)) for color in (RED, BLUE, PURPLE)]
    assert found == [0, 0, 1]


@needs_rtmlib
@pytest.mark.parametrize(("score", "people"), [(0.29, 0), (0.31, 1)])
def test_nobody_is_found_rather_than_the_whole_picture(workshop: Workshop, score: float, people: int) -> None:
    workshop.people([BOX], score)
    workshop.pose(places(26))
    assert len(create_detector("rtmlib").detect(picture(WHITE), 0)) == people


@needs_rtmlib
def test_scores_beyond_one_are_cut(workshop: Workshop) -> None:
    workshop.people([BOX])
    workshop.pose(places(26), height=0.5)
    (found,) = create_detector("rtmlib").detect(picture(WHITE), 0)
    assert (found.score == 1).all()


@needs_rtmlib
def test_several_people(workshop: Workshop) -> None:
    """The second box is empty, the third outside the picture, which covers the upper half of the input."""
    workshop.people([(0, 0, 16, 32), (20, 20, 20, 30), (10, 40, 30, 60), (48, 0, 80, 32)])
    workshop.pose(places(26))
    found = create_detector("rtmlib").detect(picture(WHITE, 64, 128), 0)
    middles = [person.xy.mean(0).round() for person in found]
    wanted = np.array([[16, 32], [112, 32]])  # the last box is cut at the edge
    offset = (places(26).mean(0) / (96, 128) - 0.5) * (60, 80)
    np.testing.assert_allclose(middles, wanted + offset, atol=0.51)


@needs_rtmlib
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2000), (2000, 1), (65, 2), (64, 64)])
def test_small_pictures(workshop: Workshop, height: int, width: int) -> None:
    workshop.people([BOX])
    workshop.pose(places(26))
    for person in create_detector("rtmlib").detect(picture(WHITE, height, width), 0):
        assert np.isfinite(person.xy).all()


@needs_rtmlib
def test_missing_files_are_named(workshop: Workshop) -> None:
    addresses = [f"https://example.org/models/small_{part}.zip" for part in SIZES]
    messages: list[str] = []
    with pytest.raises(WeightsError) as error:
        create_detector("rtmlib", on_message=messages.append)
    assert str(error.value) == (
        "`detector=rtmlib` needs small_det.onnx, which rtmlib could not download (<urlopen error no connection>): "
        f"download {' and '.join(addresses)} into {workshop.folder} and try again"
    )
    assert messages == [f"rtmlib downloads {addresses[0]} into {workshop.folder}"]
    assert list(workshop.folder.iterdir()) == []
    packed(workshop.people([BOX]))
    with pytest.raises(WeightsError, match=rf"needs small_pose\.onnx, .* download {addresses[1]} into "):
        create_detector("rtmlib")


def packed(network: Path, member: str = "20230831/rtm/end2end.onnx") -> Path:
    archive = network.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(network, member)
    network.unlink()
    return archive


@needs_rtmlib
def test_archives_that_the_user_put_there_are_unpacked(workshop: Workshop) -> None:
    leftover = workshop.folder / "tmp" / "end2end.onnx"
    archives = [packed(workshop.people([BOX])), packed(workshop.pose(places(26)))]
    leftover.parent.mkdir()
    leftover.write_bytes(b"of an earlier attempt")
    assert len(create_detector("rtmlib").detect(picture(WHITE), 0)) == 1
    assert sorted(path.name for path in workshop.folder.iterdir()) == ["small_det.onnx", "small_pose.onnx", "tmp"]
    assert not any(archive.exists() for archive in archives)


@needs_rtmlib
def test_files_are_downloaded_by_rtmlib(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from urllib.request import urlopen

    from rtmlib.tools import file

    for archive in (packed(workshop.people([BOX])), packed(workshop.pose(places(26)))):
        shutil.move(archive, tmp_path / archive.name)
        workshop.models[archive.stem.removeprefix("small_")] = (tmp_path / archive.name).as_uri()
    monkeypatch.setattr(file, "urlopen", urlopen)
    messages: list[str] = []
    assert len(create_detector("rtmlib", on_message=messages.append).detect(picture(WHITE), 0)) == 1
    assert len(messages) == 2
    assert sorted(path.name for path in workshop.folder.iterdir()) == ["small_det.onnx", "small_pose.onnx"]
    assert capfd.readouterr() == ("", "")


@needs_rtmlib
@pytest.mark.parametrize("content", ["damaged", "empty"])
def test_archives_that_cannot_be_unpacked(workshop: Workshop, content: str) -> None:
    archive = packed(workshop.people([BOX]), "other.onnx")
    if content == "damaged":
        archive.write_bytes(b"<html>")
    with pytest.raises(WeightsError, match=r"small_det\.zip cannot be unpacked \(.*\); delete it and try again"):
        create_detector("rtmlib")
    assert list(workshop.folder.iterdir()) == [archive]


@needs_rtmlib
def test_damaged_networks_are_named(workshop: Workshop) -> None:
    workshop.people([BOX])
    workshop.pose(places(26)).write_bytes(b"damaged")
    with pytest.raises(
        WeightsError, match=r"small_pose\.onnx cannot be read \(.*delete it, and it is downloaded again"
    ):
        create_detector("rtmlib")


@needs_rtmlib
def test_networks_of_other_points(workshop: Workshop) -> None:
    workshop.people([BOX])
    workshop.pose(places(17))
    detector = create_detector("rtmlib")
    with pytest.raises(WeightsError, match=r"small_pose\.onnx has 17 points, wanted 26"):
        detector.detect(picture(WHITE), 0)


@needs_rtmlib
def test_devices(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from vidmotion import devices

    workshop.people([BOX])
    workshop.pose(places(26))
    monkeypatch.setattr(devices, "available", lambda: {"cuda": False, "mps": False, "cpu": True})
    create_detector("rtmlib", device=Device.auto)
    with pytest.raises(InputError, match="`device=cuda` is not available"):
        create_detector("rtmlib", device=Device.cuda)
    monkeypatch.setattr(devices, "available", lambda: {"cuda": True, "mps": True, "cpu": True})
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    create_detector("rtmlib", device=Device.auto)
    with pytest.raises(MissingExtraError, match="cannot use `device=cuda` here; install onnxruntime-gpu"):
        create_detector("rtmlib", device=Device.cuda)


@needs_rtmlib
def test_a_video_becomes_motion(workshop: Workshop, sample: Path) -> None:
    from vidmotion.pipeline import Pipeline
    from vidmotion.settings import Settings

    workshop.people([(16, 4, 48, 60)])
    workshop.pose(places(26))
    scene = Pipeline(Settings(detector="rtmlib", end=0.7)).lift(sample)
    (person,) = scene.people
    assert person.track.keypoints.skeleton == "halpe26"
    assert person.motion is not None
    assert np.isfinite(person.motion.joints).all()
