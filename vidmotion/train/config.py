"""Settings of a training run: frozen dataclasses that a TOML file and `key=value` pairs override."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from vidmotion.data.augment import CameraRange, NoiseRange
from vidmotion.errors import InputError

C = TypeVar("C")


@dataclass(frozen=True)
class RunConfig:
    """What every recipe has: the encoder's size, the batch, the optimiser and the device's work."""

    preset: str = "small"
    """Size of the encoder."""
    seed: int = 0
    steps: int = 12_000
    frames: int = 432
    """Frames in a micro-batch. A step takes `accumulate` of them on each process."""
    accumulate: int = 1
    precision: Literal["fp32", "bf16"] = "fp32"
    compile: bool = False
    """Compile the network: a minute at the start, faster steps on a GPU."""
    optimizer: Literal["muon", "adamw"] = "muon"
    """muon: Muon for the blocks' matrices, AdamW at half of `lr` for all else. adamw: AdamW for all."""
    lr: float = 2e-3
    encoder_lr: float = 1.0
    """Times `lr` for the encoder's parameters; 0 freezes them."""
    weight_decay: float = 0.01
    schedule: Literal["linear", "cosine", "exponential"] = "linear"
    """After the warm-up: hold, then fall to zero; half a cosine; times `gamma` every `epoch_steps`."""
    warmup: int = 200
    decay: float = 0.3
    """Share of the steps, at the end, in which the linear schedule falls to zero."""
    gamma: float = 0.99
    epoch_steps: int = 1000
    ema: float = 0.999
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("steps", 1), ("frames", 1), ("accumulate", 1), ("epoch_steps", 1)):
            if getattr(self, name) < least:
                raise InputError(f"setting {name}: wanted at least {least}, received {getattr(self, name)}")


@dataclass(frozen=True)
class RecipeConfig(RunConfig):
    """What batches are made of. In the share `decay` of the steps, at the end, windows are dense."""

    speed: tuple[float, float] = (0.6, 1.5)
    """Slowest and fastest time warp of motion capture."""
    roll: float = 8.0
    """Degrees, spread of the turn of footage about the camera's axis."""
    camera: CameraRange = field(default_factory=CameraRange)
    noise: NoiseRange = field(default_factory=NoiseRange)
    borrow: float = 0.0
    """Share of the batches of motion capture with a real detector's errors, where there is footage to borrow from."""


@dataclass(frozen=True)
class Pose3DConfig(RecipeConfig):
    """Lifting of 2D joints to 3D."""

    norm_weight: float = 0.5
    """Of the scale-free error in the loss."""
    velocity_weight: float = 20.0
    """Of the velocity error in the loss, at neighbouring frames."""


@dataclass(frozen=True)
class PretrainConfig(Pose3DConfig):
    """Recovering 3D motion from 2D that gets noisier and more partial."""

    noise: NoiseRange = field(default_factory=lambda: NoiseRange(exchange=0.03))
    curriculum: float = 0.3
    """Share of the steps, at the beginning, in which noise and masks grow."""
    flat_from: float = 1 / 3
    """Share of the steps after which 2D points without 3D join."""


@dataclass(frozen=True)
class HeadsConfig(RecipeConfig):
    """Heads on an encoder that knows motion already."""

    steps: int = 1500
    warmup: int = 50
    encoder_lr: float = 0.1
    ema: float = 0.99
    borrow: float = 0.7
    hidden: int = 512
    encodings: int = 0
    """Of a frozen encoder: how many batches are encoded, once, for heads to learn from over and over; 4 MB each at the
    preset `small`; 0: new ones in each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encodings and self.encoder_lr:
            raise InputError(
                "setting encodings: an encoder that learns says something else each time; set encoder_lr=0"
            )


@dataclass(frozen=True)
class ActionConfig(HeadsConfig):
    """Telling motions apart, by classes and by likeness."""

    frames: int = 864
    heads: tuple[str, ...] = ("action", "embedding")
    """What is taught: "action", "embedding" or both."""
    classes: tuple[str, ...] = ()
    """Those to learn; none named: all in the data."""
    subjects: int = 1
    """Fewest subjects who do what is to be learned: one alone shows how they move, too."""
    hold_out: tuple[str, ...] = ()
    """Classes never shown, to measure one-shot recognition with."""
    window: tuple[int, int] = (27, 3)
    """Frames and stride of the windows: 2.7 seconds, thinned out, so that a batch holds many for its normalisation."""
    temperature: float = 0.1
    """Of the contrastive loss."""


@dataclass(frozen=True)
class MeshConfig(HeadsConfig):
    """Posing and shaping a body. The weights are the public recipe's for metres, divided by 1,000."""

    joint_weight: float = 0.5
    velocity_weight: float = 10.0
    pose_weight: float = 1.0
    """Of the rotation matrices' entries."""
    shape_weight: float = 0.001
    norm_weight: float = 0.02
    """Keeps the two columns that a rotation is made of near length 1."""


def read_config(kind: type[C], file: Path | None, pairs: list[str]) -> C:
    """Defaults, overridden by a TOML file, overridden by `key=value` pairs (`noise.bias=0.01`).

    Raises:
        InputError: a key or a value does not fit; the message lists what does.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the settings in {file}: {error}") from None
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise InputError(f"--set {pair}: wanted KEY=VALUE")
        _put(values, key.strip().split("."), _parse(text))
    return _build(kind, values, "")


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
        raise InputError(f"unknown setting {prefix}{unknown[0]}; known: {', '.join(hints)}")
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
    """A tuple of given length, such as `tuple[float, float]`, or of any, such as `tuple[str, ...]`."""
    if hints[-1] is Ellipsis:
        hints = hints[:1] * len(values)
    if len(values) != len(hints):
        raise InputError(f"setting {name}: wanted {len(hints)} values, received {values!r}")
    return tuple(_fit(hint, value, name) for hint, value in zip(hints, values, strict=True))
