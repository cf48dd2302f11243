"""Detectors by name, and what "auto" takes. No network is loaded."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from vidmotion import weights
from vidmotion.detectors import blazepose
from vidmotion.errors import InputError, MissingExtraError

# Not `from vidmotion import detect`: the package has a function of that name.
detect = import_module("vidmotion.detectors")


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Detectors that load nothing."""
    found = weights.DetectorFiles(Path("person"), Path("landmarks"), "free")
    monkeypatch.setattr(weights, "detector_files", lambda name, on_message: found)
    monkeypatch.setattr(blazepose, "PersonNetwork", lambda path, threads: None)
    monkeypatch.setattr(blazepose, "LandmarkNetwork", lambda path, threads: None)


def test_unknown_name() -> None:
    with pytest.raises(InputError, match="unknown detector 'openpose'; known: auto, blazepose, blazepose-heavy"):
        detect.create_detector("openpose")


def test_by_name() -> None:
    messages: list[str] = []
    detector = detect.create_detector("blazepose-heavy", on_message=messages.append)
    assert (detector.name, detector.skeleton, detector.licence) == ("blazepose-heavy", "blazepose33", "free")
    assert messages == []


@pytest.mark.parametrize(
    ("cores", "heavy", "name", "reason"),
    [
        (2, True, "blazepose", "the faster one, as this machine has 2 cores"),
        (8, True, "blazepose-heavy", "its weights are available"),
        (8, False, "blazepose", "downloads a more accurate one"),
    ],
)
def test_auto(monkeypatch: pytest.MonkeyPatch, cores: int, heavy: bool, name: str, reason: str) -> None:
    monkeypatch.setattr(detect, "_cores", lambda: cores)
    monkeypatch.setattr(weights, "is_available", lambda name: heavy)
    messages: list[str] = []
    assert detect.create_detector("auto", on_message=messages.append).name == name
    (line,) = messages
    assert reason in line


def test_without_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    from vidmotion.detectors.blazepose_networks import LandmarkNetwork

    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingExtraError, match="BlazePose needs ai-edge-litert"):
        LandmarkNetwork(Path("landmarks"), threads=1)
