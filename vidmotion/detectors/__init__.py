"""2D pose detectors, selected by name."""

from __future__ import annotations

from vidmotion import weights
from vidmotion.choices import Device
from vidmotion.detectors import mmpose, rtmlib_detector
from vidmotion.detectors.base import Detection, Detector, Picture
from vidmotion.errors import InputError
from vidmotion.processes import usable_cores

__all__ = [
    "DETECTORS",
    "Detection",
    "Detector",
    "Picture",
    "check_detector_name",
    "create_detector",
    "resolve_detector_name",
]

DETECTORS = ("auto", *weights.DETECTORS, mmpose.NAME, rtmlib_detector.NAME)
"""The names that `create_detector` accepts, beside `mmpose:` and `rtmlib:` with models of the user's choice."""

_MOVENET = ("movenet", "best")
DEFAULT = "movenet"
"""The detector that "auto" means."""
_MOST_THREADS = 4


def check_detector_name(name: str) -> None:
    """Check that there is a detector of this name.

    Raises:
        InputError: there is none, or the models of mmpose or rtmlib are not named correctly.
    """
    if mmpose.is_mmpose_name(name):
        mmpose.parse_name(name)
    elif rtmlib_detector.is_rtmlib_name(name):
        rtmlib_detector.parse_name(name)
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
        name: one of `DETECTORS`, or a name that the `parse_name` of `vidmotion.detectors.mmpose` or
            `vidmotion.detectors.rtmlib_detector` accepts. "auto" is MoveNet.
        threads: of MoveNet's and BlazePose's networks; None uses the available cores, at most 4. mmpose uses torch's
            setting and rtmlib that of ONNX Runtime.
        on_message: called with downloads.
        device: of mmpose's and rtmlib's networks; MoveNet and BlazePose run on the CPU.
        max_people: at least so many people can be followed by MoveNet and BlazePose at a time; mmpose and rtmlib have
            no limit.

    Raises:
        InputError: unknown name; a config that cannot be used.
        WeightsError: the weights are damaged, or missing and cannot be downloaded.
        MissingExtraError: the detector cannot run on this machine.
    """
    check_detector_name(name)
    if mmpose.is_mmpose_name(name):
        return mmpose.load(mmpose.parse_name(name), device)
    if rtmlib_detector.is_rtmlib_name(name):
        return rtmlib_detector.load(rtmlib_detector.parse_name(name), device, on_message)
    name = resolve_detector_name(name)
    files = weights.detector_files(name, on_message=on_message)
    return _load(name, files, threads or min(usable_cores(), _MOST_THREADS), max_people)


def resolve_detector_name(name: str) -> str:
    """The name of the detector that `create_detector` would make, with what identifies the files of mmpose and rtmlib.

    Raises:
        VidmotionError: files of mmpose are missing, or rtmlib is.
    """
    if mmpose.is_mmpose_name(name):
        return mmpose.fingerprint(mmpose.parse_name(name))
    if rtmlib_detector.is_rtmlib_name(name):
        return rtmlib_detector.fingerprint(rtmlib_detector.parse_name(name))
    return DEFAULT if name == "auto" else name


def _load(name: str, files: weights.DetectorFiles, threads: int, max_people: int) -> Detector:
    from vidmotion.detectors import blazepose, movenet

    if name in _MOVENET:
        return movenet.MoveNet(name, files, threads, max(max_people, movenet.MAX_PEOPLE))
    return blazepose.BlazePose(name, files, threads, max(max_people, blazepose.MAX_PEOPLE))
