"""RTMPose and RTMW on ONNX Runtime, in the people that YOLOX finds: the detector `rtmlib`.

rtmlib's classes prepare pictures, run the networks and decode their output. Only this module imports rtmlib and
onnxruntime (the extra `rtmlib`), and only when a detector is made. rtmlib downloads its models into its own cache.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vidmotion.choices import Device
from vidmotion.detectors.base import Detector, Picture
from vidmotion.detectors.topdown import TopDownDetector
from vidmotion.errors import InputError, MissingExtraError, WeightsError
from vidmotion.skeletons import COCO17, COCO23, HALPE26, Skeleton
from vidmotion.types import Floats
from vidmotion.weights import OnMessage, ignore_message

NAME = "rtmlib"
MODES = ("balanced", "lightweight", "performance")
"""rtmlib's names for the sizes of its networks; the first is the default."""

_PACKAGES = ("rtmlib", "onnxruntime")
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}
"""What ONNX Runtime calls the devices."""
_TERMS = "OpenMMLab (Apache-2.0 code, no terms of the weights' own), trained on"
_BODY7 = "AI Challenger, COCO, CrowdPose, MPII, sub-JHMDB, Halpe and PoseTrack18, some for research only"
_COCKTAIL14 = (
    "AI Challenger, CrowdPose, MPII, sub-JHMDB, Halpe, PoseTrack18, COCO-WholeBody, UBody, Human-Art, WFLW, 300W, "
    "COFW, LaPa and InterHand, some for research only"
)
_HUMAN_ART = "Human-Art, which is for non-commercial purposes only"


@dataclass(frozen=True)
class Kind:
    """One of the sets of points that rtmlib has networks for."""

    solution: str
    """Name of rtmlib's class that lists the networks."""
    points: int
    """How many points the networks have."""
    skeleton: Skeleton
    """Its joints are the first points; the others, of face and hands, are left out."""
    trained_on: str


KINDS = {
    "body_with_feet": Kind("BodyWithFeet", 26, HALPE26, _BODY7),
    "body": Kind("Body", 17, COCO17, _BODY7),
    "wholebody": Kind("Wholebody", 133, COCO23, _COCKTAIL14),
}
"""By the name that selects it; the first is the default."""


@dataclass(frozen=True)
class ModelSelection:
    """The networks of a detector."""

    kind: str
    mode: str

    @property
    def name(self) -> str:
        """The name of the detector."""
        return f"{NAME}:{self.kind}:{self.mode}"

    @property
    def licence(self) -> str:
        """Of the weights."""
        return f"points: {_TERMS} {KINDS[self.kind].trained_on}; people: {_TERMS} {_HUMAN_ART}"


def is_rtmlib_name(name: str) -> bool:
    """Whether the name of a detector selects rtmlib."""
    return name == NAME or name.startswith(f"{NAME}:")


def parse_name(name: str) -> ModelSelection:
    """Read the name `rtmlib`, or `rtmlib:` followed by a kind, a mode, or both with a colon between them.

    Raises:
        InputError: no such kind or mode, or two of them.
    """
    parts = name.split(":")[1:]
    kinds, modes = [part for part in parts if part in KINDS], [part for part in parts if part in MODES]
    unknown = [part for part in parts if part not in KINDS and part not in MODES]
    if unknown:
        known = f"{', '.join(KINDS)}, and {', '.join(MODES)}"
        raise InputError(f"`detector={name}`: rtmlib has no {unknown[0]!r}; wanted {known}")
    if len(kinds) > 1 or len(modes) > 1:
        raise InputError(f"`detector={name}`: wanted at most one of {', '.join(KINDS)} and one of {', '.join(MODES)}")
    return ModelSelection(kinds[0] if kinds else next(iter(KINDS)), modes[0] if modes else MODES[0])


def fingerprint(selection: ModelSelection) -> str:
    """The name with rtmlib's version, which determines the files, so that cached results are not mixed.

    Raises:
        MissingExtraError: the extra is not installed.
    """
    require_extra()
    return f"{selection.name} {version(NAME)}"


def require_extra() -> None:
    """Check that rtmlib and ONNX Runtime are installed.

    Raises:
        MissingExtraError: one of them is not.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"`detector={NAME}` needs {' and '.join(missing)}: run `pip install 'vidmotion[rtmlib]'`; its page in "
            "the documentation describes what this does to OpenCV"
        )


def load(selection: ModelSelection, device: Device = Device.auto, on_message: OnMessage = ignore_message) -> Detector:
    """The detector that consists of the selected networks; files that are missing are downloaded.

    Raises:
        MissingExtraError: rtmlib is not installed, or ONNX Runtime cannot use the device.
        InputError: the machine does not have the device.
        WeightsError: a file is missing and cannot be downloaded, or it is damaged.
    """
    require_extra()
    where = _runtime_device(device)

    import rtmlib

    kind = KINDS[selection.kind]
    models = getattr(rtmlib, kind.solution).MODE[selection.mode]
    files = _model_files([models["det"], models["pose"]], on_message)
    people = _network(rtmlib.YOLOX, files[0], models["det_input_size"], where)
    poses = _network(rtmlib.RTMPose, files[1], models["pose_input_size"], where)
    if not all(_PROVIDERS[where] in network.session.get_providers() for network in (people, poses)):
        if device is not Device.auto:
            raise MissingExtraError(_no_provider(where))
        on_message(f"ONNX Runtime cannot use {where} here; rtmlib runs on the CPU")
    return TopDownDetector(selection.name, selection.licence, _People(people), _Poses(poses, kind, files[1]))


class _People:
    """rtmlib's YOLOX, as a `PersonFinder`."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def find(self, rgb: Picture) -> tuple[Floats, Floats]:
        """Boxes (N, 4) in pixels, inside the picture, the surest first; rtmlib gives no scores, so these are 1."""
        height, width = rgb.shape[:2]
        rows, columns = self._network.model_input_size
        if min(height, width) * min(rows / height, columns / width) < 1:  # so narrow that nothing would be left of it
            return np.zeros((0, 4), np.float32), np.zeros(0, np.float32)
        # YOLOX was trained with blue first.
        found = np.asarray(self._network(np.ascontiguousarray(rgb[..., ::-1])), np.float32).reshape(-1, 4)
        boxes = found.clip(0, np.array([width, height, width, height], np.float32))
        boxes = boxes[(boxes[:, 2:] > boxes[:, :2]).all(1)]
        return boxes, np.ones(len(boxes), np.float32)


class _Poses:
    """rtmlib's RTMPose, as a `PoseEstimator`."""

    def __init__(self, network: Any, kind: Kind, path: Path) -> None:
        self.skeleton = kind.skeleton.name
        self._network, self._kind, self._path = network, kind, path

    def read(self, rgb: Picture, boxes: Floats) -> tuple[Floats, Floats]:
        """(N, J, 2) pixels and scores (N, J) in 0..1 of the people in boxes (N, 4), one after the other.

        The scores of SimCC are the peaks of two curves that are trained towards 1 and may be slightly higher; they are
        clipped to 1. Where a curve has no peak, the point is missing.

        Raises:
            WeightsError: the network has another number of points.
        """
        # RTMPose was trained with red first, and rtmlib does not exchange the channels (Tau-J/rtmlib#48).
        xy, score = self._network(rgb, boxes)
        if score.shape[1] != self._kind.points:
            raise WeightsError(
                f"{self._path} has {score.shape[1]} points, wanted {self._kind.points}; delete it, and it is "
                "downloaded again"
            )
        joints = len(self._kind.skeleton)
        xy, score = xy[:, :joints].astype(np.float32), score[:, :joints].astype(np.float32)
        return xy, np.nan_to_num(score, posinf=1).clip(0, 1)


def providers_of_onnxruntime() -> list[str] | None:
    """Where ONNX Runtime can run networks; None if it is not installed."""
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    providers: list[str] = onnxruntime.get_available_providers()
    return providers


def _runtime_device(device: Device) -> str:
    """rtmlib's name for the device.

    Raises:
        InputError: the machine does not have it.
        MissingExtraError: this build of ONNX Runtime does not support it.
    """
    if device is Device.cpu:
        return "cpu"

    from vidmotion.devices import available, torch_device

    supported = providers_of_onnxruntime() or []
    if device is Device.auto:  # Apple's GPUs are untested
        return "cuda" if available()["cuda"] and _PROVIDERS["cuda"] in supported else "cpu"
    where = torch_device(device).type
    if _PROVIDERS[where] not in supported:
        raise MissingExtraError(_no_provider(where))
    return where


def _no_provider(where: str) -> str:
    remedy = "install onnxruntime-gpu in place of onnxruntime, or " if where == "cuda" else ""
    return f"ONNX Runtime cannot use `device={where}` here; {remedy}pass `device=cpu`"


def _network(make: Callable[..., Any], path: Path, size: tuple[int, int], where: str) -> Any:
    """A network of rtmlib.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with redirect_stdout(io.StringIO()):  # rtmlib prints what it loads
            return make(str(path), model_input_size=size, backend="onnxruntime", device=where)
    except Exception as error:
        raise WeightsError(
            f"{path} cannot be read ({_reason(error)}); delete it, and it is downloaded again"
        ) from error


def _model_files(addresses: list[str], on_message: OnMessage) -> list[Path]:
    """The files of models in rtmlib's cache; those that are missing are downloaded and unpacked by rtmlib.

    Raises:
        WeightsError: one cannot be downloaded or unpacked; the message gives the addresses and the folder.
    """
    from rtmlib.tools import file

    folder = Path(file._get_rtmhub_dir(), "checkpoints")
    archives = {address: folder / address.rpartition("/")[2] for address in addresses}
    # As rtmlib names them.
    paths = {address: folder / f"{archive.name.partition('.')[0]}.onnx" for address, archive in archives.items()}
    missing = [address for address in addresses if not (paths[address].is_file() or archives[address].is_file())]
    for address, path in paths.items():
        if address in missing:
            on_message(f"rtmlib downloads {address} into {folder}")
            try:
                _unpack(address, None, path)
            except Exception as error:
                raise WeightsError(
                    f"`detector={NAME}` needs {path.name}, which rtmlib could not download ({_reason(error)}): "
                    f"download {' and '.join(missing)} into {folder} and try again"
                ) from error
            missing.remove(address)
        elif not path.is_file():
            try:
                _unpack(address, archives[address], path)
            except Exception as error:
                raise WeightsError(
                    f"{archives[address]} cannot be unpacked ({_reason(error)}); delete it and try again"
                ) from error
    return list(paths.values())


def _unpack(address: str, archive: Path | None, path: Path) -> None:
    """Let rtmlib unpack a model to `path`, from an archive that is here or from its address."""
    from rtmlib.tools import file

    path.parent.mkdir(parents=True, exist_ok=True)
    # A folder of its own, as rtmlib takes the first network that it finds where it unpacks.
    with tempfile.TemporaryDirectory(dir=path.parent) as temporary, redirect_stderr(io.StringIO()):
        if archive is not None:
            shutil.copyfile(archive, Path(temporary, archive.name))
        Path(file.download_checkpoint(address, temporary, progress=False)).replace(path)
    if archive is not None:
        archive.unlink()


def _reason(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
