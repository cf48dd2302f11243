"""2D pose detectors, selected by name."""

from __future__ import annotations

import os

from vidmotion import weights
from vidmotion.choices import Device
from vidmotion.detectors import mmpose
from vidmotion.detectors.base import Detection, Detector, Picture
from vidmotion.errors import InputError

__all__ = [
    "DETECTORS",
    "Detection",
    "Detector",
    "Picture",
    "check_detector_name",
    "create_detector",
    "resolve_detector_name",
]

DETECTORS = ("auto", *weights.DETECTORS, mmpose.NAME)
"""The names that `create_detector` accepts, beside `mmpose:` with models of the user's choice."""

_MOVENET = ("movenet", "best")
_FAST_CORES = 8
_MOST_THREADS = 4


def check_detector_name(name: str) -> None:
    """Check that there is a detector of this name.

    Raises:
        InputError: there is none, or the models of mmpose are not named correctly.
    """
    if mmpose.is_mmpose_name(name):
        mmpose.parse_name(name)
    elif name not in DETECTORS:
        raise InputError(f"unknown detector {name!r}; known: {', '.join(DETECTORS)}")


def create_detector(
    name: str = "auto",
    threads: int | None = None,
    on_message: weights.OnMessage = weights.ignore_message,
    device: Device = Device.auto,
    max_people: int = 0,
) -> Detector:
    """A detector. Weights that do not come with vidmotion are downloaded if they are missing.

    Args:
        name: one of `DETECTORS`, or a name that `vidmotion.detectors.mmpose.parse_name` accepts. "auto" selects the
            most accurate BlazePose that is fast enough on this machine.
        threads: of MoveNet's and BlazePose's networks; None uses the available cores, at most 4. mmpose uses torch's
            setting.
        on_message: called with the detector that "auto" selects, and with downloads.
        device: of mmpose's networks; MoveNet and BlazePose run on the CPU.
        max_people: at least so many people can be followed by MoveNet and BlazePose at a time; mmpose has no limit.

    Raises:
        InputError: unknown name; a config that cannot be used.
        WeightsError: the weights are damaged, or missing and cannot be downloaded.
        MissingExtraError: the detector cannot run on this machine.
    """
    check_detector_name(name)
    if mmpose.is_mmpose_name(name):
        return mmpose.load(mmpose.parse_name(name), device)
    cores = _cores()
    if name == "auto":
        name, reason = _best(cores)
        on_message(f"detector {name}: {reason}")
    files = weights.detector_files(name, on_message=on_message)
    return _load(name, files, threads or min(cores, _MOST_THREADS), max_people)


def resolve_detector_name(name: str) -> str:
    """The name of the detector that `create_detector` would make; with the sha256 of the files for mmpose.

    Raises:
        VidmotionError: files of mmpose are missing.
    """
    if mmpose.is_mmpose_name(name):
        return mmpose.fingerprint(mmpose.parse_name(name))
    return _best(_cores())[0] if name == "auto" else name


def _load(name: str, files: weights.DetectorFiles, threads: int, max_people: int) -> Detector:
    from vidmotion.detectors import blazepose, movenet

    if name in _MOVENET:
        return movenet.MoveNet(name, files, threads, max(max_people, movenet.MAX_PEOPLE))
    return blazepose.BlazePose(name, files, threads, max(max_people, blazepose.MAX_PEOPLE))


def _best(cores: int) -> tuple[str, str]:
    """The detector for "auto", and the reason."""
    if cores < _FAST_CORES:
        return "blazepose", f"the faster one, as this machine has {cores} core{'' if cores == 1 else 's'}"
    if not weights.is_available("blazepose-heavy"):
        return "blazepose", "`vidmotion weights fetch blazepose-heavy` downloads a more accurate one"
    return (
        "blazepose-heavy",
        f"the more accurate one, as its weights are available and this machine has {cores} cores",
    )


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # neither on Windows nor on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
