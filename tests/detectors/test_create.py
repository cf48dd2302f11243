"""Detectors by name, and what "auto" takes. No network is loaded."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from vidmotion import weights
from vidmotion.detectors import blazepose, movenet
from vidmotion.errors import InputError, MissingExtraError

# Not `from vidmotion import detect`: the package has a function of that name.
detect = import_module("vidmotion.detectors")


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Detectors that load nothing."""
    purposes = ("person", "landmarks", "multipose", "thunder")
    found = weights.DetectorFiles({purpose: Path(purpose) for purpose in purposes}, "free")
    monkeypatch.setattr(weights, "detector_files", lambda name, on_message: found)
    for module, network in (
        (blazepose, "PersonNetwork"),
        (blazepose, "LandmarkNetwork"),
        (movenet, "PersonNetwork"),
        (movenet, "LandmarkNetwork"),
        (movenet, "MultiPoseNetwork"),
        (movenet, "ThunderNetwork"),
    ):
        monkeypatch.setattr(module, network, lambda path, threads: None)


def test_unknown_name() -> None:
    with pytest.raises(
        InputError, match="unknown detector 'openpose'; known: auto, movenet, best, blazepose, blazepose-heavy"
    ):
        detect.create_detector("openpose")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("movenet", "MoveNet"), ("best", "MoveNet"), ("blazepose", "BlazePose"), ("blazepose-heavy", "BlazePose")],
)
def test_by_name(name: str, kind: str) -> None:
    messages: list[str] = []
    detector = detect.create_detector(name, on_message=messages.append)
    assert (detector.name, detector.skeleton, detector.licence) == (name, "blazepose33", "free")
    assert type(detector).__name__ == kind
    assert messages == []


def test_auto_is_movenet() -> None:
    messages: list[str] = []
    detector = detect.create_detector("auto", on_message=messages.append)
    assert (detector.name, type(detector).__name__) == ("movenet", "MoveNet")
    assert detect.create_detector().name == detect.resolve_detector_name("auto") == "movenet"
    assert messages == []


@pytest.mark.parametrize(("name", "usual"), [("auto", movenet.MAX_PEOPLE), ("blazepose", blazepose.MAX_PEOPLE)])
def test_more_people_than_usual(name: str, usual: int) -> None:
    for wanted, most in ((0, usual), (1, usual), (20, 20)):
        assert detect.create_detector(name, max_people=wanted)._max_people == most


def test_without_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmotion.detectors.blazepose_networks import LandmarkNetwork

    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingExtraError, match="the detector needs ai-edge-litert"):
        LandmarkNetwork(Path("landmarks"), threads=1)
