"""2D detectors by name."""

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
"""The names that `create_detector` takes, and `mmpose:` with models of the user's choice."""

_FAST_CORES = 8
_MOST_THREADS = 4


def check_detector_name(name: str) -> None:
    """Make sure that there is such a detector.

    Raises:
        InputError: there is none, or what it says of mmpose's models makes no sense.
    """
    if mmpose.is_meant(name):
        mmpose.parse(name)
    elif name not in DETECTORS:
        raise InputError(f"unknown detector {name!r}; known: {', '.join(DETECTORS)}")


def create_detector(
    name: str = "auto",
    threads: int | None = None,
    on_message: weights.OnMessage = weights.ignore_message,
    device: Device = Device.auto,
    max_people: int = 0,
) -> Detector:
    """A detector, its weights fetched if they are missing and can be.

    Args:
        name: one of `DETECTORS`, or as `vidmotion.detectors.mmpose.parse` reads it; "auto" takes the best one of
            BlazePose's that this machine runs fast enough.
        threads: for BlazePose's networks; None takes the machine's cores, up to 4. mmpose takes torch's.
        say: hears which detector was taken, and of downloads.
        device: for mmpose's networks; BlazePose runs on the CPU.
        max_people: how many people BlazePose can follow at a time at least; mmpose sees all.

    Raises:
        InputError: unknown name; a config that cannot be used.
        WeightsError: the weights are damaged, or missing and not to be had.
        MissingExtraError: the detector cannot run on this machine.
    """
    check_detector_name(name)
    if mmpose.is_meant(name):
        return mmpose.load(mmpose.parse(name), device)
    cores = _cores()
    if name == "auto":
        name, reason = _best(cores)
        on_message(f"detector {name}: {reason}")
    from vidmotion.detectors.blazepose import MAX_PEOPLE, BlazePose

    files = weights.detector_files(name, on_message=on_message)
    return BlazePose(name, files, threads or min(cores, _MOST_THREADS), max(max_people, MAX_PEOPLE))


def resolve_detector_name(name: str) -> str:
    """The detector that `create_detector` would take; of mmpose's with the sums of its files.

    Raises:
        VidmotionError: mmpose's files are missing.
    """
    if mmpose.is_meant(name):
        return mmpose.fingerprint(mmpose.parse(name))
    return _best(_cores())[0] if name == "auto" else name


def _best(cores: int) -> tuple[str, str]:
    """The detector for "auto", and why."""
    if cores < _FAST_CORES:
        return "blazepose", f"the faster one, as this machine has {cores} cores"
    if not weights.is_available("blazepose-heavy"):
        return "blazepose", "`vidmotion weights fetch blazepose-heavy` brings a more accurate one"
    return (
        "blazepose-heavy",
        f"the more accurate one, as its weights are here and this machine has {cores} cores",
    )


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
