"""Settings of a training run: frozen dataclasses, changed by a TOML file and by `key=value` pairs."""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from vidmotion.data.augment import CameraRange, NoiseRange
from vidmotion.data.motion_augment import MotionRange
from vidmotion.errors import InputError

C = TypeVar("C")

RENAMED = {"borrow": "detector_noise_share"}
"""Settings of files and checkpoints of earlier versions, and their names now."""


@dataclass(frozen=True)
class RunConfig:
    """Settings of every recipe: the encoder's size, the batch, the optimiser, precision and compilation."""

    preset: str = "small"
    """Size of the encoder."""
    seed: int = 0
    steps: int = 12_000
    frames: int = 432
    """Frames in a micro-batch. A step takes `accumulate` micro-batches on each process."""
    accumulate: int = 1
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    """Compile the network: costs a minute at the start and makes steps on a GPU faster."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """muon: Muon for the blocks' matrices, AdamW at half of `lr` for all else. adamw: AdamW for all parameters."""
    lr: float = 2e-3
    encoder_lr: float = 1.0
    """Factor of `lr` for the encoder's parameters; 0 freezes them."""
    weight_decay: float = 0.01
    schedule: Literal["linear", "cosine", "exponential"] = "linear"
    """After the warm-up, linear: constant, then falls to zero. cosine: half a cosine. exponential: times `gamma` every
    `epoch_steps`."""
    warmup: int = 200
    decay: float = 0.3
    """Share of the steps, at the end, in which the linear schedule falls to zero."""
    gamma: float = 0.99
    epoch_steps: int = 1000
    ema: float = 0.999
    """Decay of the moving average of the weights; the average is what is saved at the end."""
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("steps", 1), ("frames", 1), ("accumulate", 1), ("epoch_steps", 1)):
            if getattr(self, name) < least:
                raise InputError(f"setting {name}: wanted at least {least}, received {getattr(self, name)}")


@dataclass(frozen=True)
class RecipeConfig(RunConfig):
    """Settings of the batches. In the share `decay` of the steps, at the end, windows are dense."""

    speed: tuple[float, float] = (0.6, 1.5)
    """Slowest and fastest playback speed of motion capture."""
    roll: float = 8.0
    """Degrees, standard deviation of the rotation of footage about the camera's axis."""
    camera: CameraRange = field(default_factory=CameraRange)
    noise: NoiseRange = field(default_factory=NoiseRange)
    bodies: float = 0.0
    """Share of the batches of motion capture that show free bodies of random shape, posed by its rotations; the others
    stretch the captured skeletons. Meshes are learned from bodies alone."""
    motion: MotionRange = field(default_factory=MotionRange)
    """Changes of the motion of bodies."""
    detector_noise_share: float = 0.0
    """Share of the batches of motion capture that get a real detector's errors, taken from the footage, if any."""


@dataclass(frozen=True)
class Pose3DConfig(RecipeConfig):
    """Lifting of 2D joints to 3D."""

    norm_weight: float = 0.5
    """Weight of the scale-free error in the loss."""
    velocity_weight: float = 20.0
    """Weight of the error of the velocity, a frame's, in the loss."""
    bone_weight: float = 0.0
    """Weight of the error of the bones' directions in the loss."""
    limb_weight: float = 0.0
    """Weight of the error of the bends of knees and elbows in the loss."""


@dataclass(frozen=True)
class PretrainConfig(Pose3DConfig):
    """Recovering 3D motion from 2D points, of which ever more are noisy or missing."""

    noise: NoiseRange = field(default_factory=lambda: NoiseRange(exchange=0.03))
    curriculum: float = 0.3
    """Share of the steps, at the beginning, in which noise and masks grow."""
    flat_from: float = 1 / 3
    """Share of the steps after which 2D points without 3D are used too."""


@dataclass(frozen=True)
class HeadsConfig(RecipeConfig):
    """Heads on a pretrained encoder."""

    steps: int = 1500
    warmup: int = 50
    encoder_lr: float = 0.1
    ema: float = 0.99
    detector_noise_share: float = 0.7
    hidden: int = 512
    encodings: int = 0
    """With a frozen encoder: the number of batches that are encoded once and then used again and again, 4 MB each at
    the preset `small`; 0 takes a new batch in each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encodings and self.encoder_lr:
            raise InputError("setting encodings: only a frozen encoder's batches can be kept; set encoder_lr=0")


@dataclass(frozen=True)
class ActionConfig(HeadsConfig):
    """Classification of motions, and embeddings for one-shot recognition."""

    frames: int = 864
    heads: tuple[str, ...] = ("action", "embedding")
    """The heads to train: "action", "embedding" or both."""
    classes: tuple[str, ...] = ()
    """The classes to learn; empty: all in the data."""
    subjects: int = 1
    """The least number of subjects of a class that is learned: with one subject alone, a network may learn who moves
    instead of how."""
    hold_out: tuple[str, ...] = ()
    """Classes that are left out of training, to measure one-shot recognition with."""
    window: tuple[int, int] = (27, 3)
    """Frames and stride of the windows: 2.7 seconds with every third frame, so that a batch holds many windows for its
    normalisation."""
    prior: float = 0.75
    """Exponent of the classes' shares of the clips in the prior of the probabilities; 0: all classes are as likely."""
    pooling: Literal["mean", "mean_std", "kinematics", "temporal"] = "mean_std"
    """What the action head reads of a window: the mean of the frames' features, or their standard deviation as well, or
    these and the mean and deviation of angles, heights and speeds of the lifted pose, or also temporal convolutions of
    these. In the last two cases the embedding head reads the mean and deviation as well."""
    temperature: float = 0.1
    """Temperature of the contrastive loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.heads or not set(self.heads) <= {"action", "embedding"}:
            raise InputError(f"setting heads: wanted action, embedding or both, received {list(self.heads)}")
        if min(self.window) < 1:
            raise InputError(f"setting window: wanted frames and a stride of at least 1, received {list(self.window)}")
        if self.pooling in ("kinematics", "temporal") and (self.encoder_lr or self.window[1] != 1):
            raise InputError(
                "setting pooling: kinematics read every frame of the lifted pose; set encoder_lr=0 and window=[81,1]"
            )


@dataclass(frozen=True)
class MeshConfig(HeadsConfig):
    """Pose and shape of a body. The weights are those of the public recipe for metres, divided by 1,000."""

    joint_weight: float = 0.5
    velocity_weight: float = 10.0
    pose_weight: float = 1.0
    """Weight of the error of the rotation matrices' entries."""
    shape_weight: float = 0.001
    norm_weight: float = 0.02
    """Weight of the term that keeps the two columns of a rotation near length 1."""


@dataclass(frozen=True)
class ErrorConfig(HeadsConfig):
    """Expected errors of lifted joints."""

    steps: int = 600
    encoder_lr: float = 0.0
    """The encoder and its head for 3D joints stay as they are, because the head learns their errors."""
    hidden: int = 64
    calibration: str = ""
    """Folder of footage of people who are not in the training data, on which the errors are scaled at the end."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoder_lr:
            raise InputError("setting encoder_lr: a head for errors is trained on a frozen encoder; leave it at 0")


def read_config(kind: type[C], file: Path | None, pairs: list[str], before: dict[str, Any] | None = None) -> C:
    """The settings of a recipe: defaults, then a TOML file, then `key=value` pairs (`noise.bias=0.01`).

    Args:
        before: the settings of a run that is continued, by name and in groups; they count instead of the defaults.

    Raises:
        InputError: a key or a value does not fit; the message lists those that do.
    """
    values = copy.deepcopy(before or {})
    if file is not None:
        try:
            _merge(values, tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the settings in {file}: {error}") from None
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"setting {pair}: wanted KEY=VALUE")
        _put(values, key.strip().split("."), _parse(text))
    return _build(kind, values, "")


def _merge(values: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def _put(values: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise InputError(f"setting {'.'.join(path)}: {key} is a value, not a group")
    values[path[-1]] = value


def _parse(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _build(kind: type[C], values: dict[str, Any], prefix: str) -> C:
    hints = get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        now = f"it is now {prefix}{RENAMED[unknown[0]]}; " if unknown[0] in RENAMED else ""
        raise InputError(f"unknown setting {prefix}{unknown[0]}; {now}known: {', '.join(hints)}")
    return kind(**{key: _fit(hints[key], value, prefix + key) for key, value in values.items()})


def _fit(hint: Any, value: Any, name: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return _build(hint, value, name + ".")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise InputError(f"unknown {name} {value!r}; known: {', '.join(get_args(hint))}")
        return value
    if get_origin(hint) is tuple and isinstance(value, list):
        return _fit_tuple(get_args(hint), value, name)
    if hint is float and type(value) is int:
        return float(value)
    if hint in (bool, int, float, str) and type(value) is hint:
        return value
    raise InputError(f"setting {name}: {value!r} does not fit")


def _fit_tuple(hints: tuple[Any, ...], values: list[Any], name: str) -> tuple[Any, ...]:
    """A tuple of fixed length, such as `tuple[float, float]`, or of any length, such as `tuple[str, ...]`."""
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(values)
    if len(values) != len(hints):
        raise InputError(f"setting {name}: wanted {len(hints)} values, received {values!r}")
    return tuple(_fit(hint, value, name) for hint, value in zip(hints, values, strict=True))
