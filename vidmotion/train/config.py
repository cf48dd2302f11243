"""Settings of a training run: frozen dataclasses that a TOML file and `key=value` pairs override."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from vidmotion.data.augment import CameraRange, NoiseRange
from vidmotion.errors import InputError

C = TypeVar("C")


@dataclass(frozen=True)
class Pose3DConfig:
    """Lifting of 2D joints to 3D."""

    preset: str = "small"
    seed: int = 0
    steps: int = 12_000
    frames: int = 432
    """Frames in a batch."""
    lr: float = 2e-3
    """Of Muon, which updates the blocks' matrices; all else goes by AdamW at half of it."""
    weight_decay: float = 0.01
    warmup: int = 200
    decay: float = 0.3
    """Share of the steps, at the end, in which the rate falls to zero and windows are dense."""
    ema: float = 0.999
    clip_norm: float = 1.0
    norm_weight: float = 0.5
    """Of the scale-free error in the loss."""
    velocity_weight: float = 20.0
    """Of the velocity error in the loss, at neighbouring frames."""
    speed: tuple[float, float] = (0.6, 1.5)
    """Slowest and fastest time warp."""
    camera: CameraRange = field(default_factory=CameraRange)
    noise: NoiseRange = field(default_factory=NoiseRange)


def read_config(kind: type[C], file: Path | None, pairs: list[str]) -> C:
    """Defaults, overridden by a TOML file, overridden by `key=value` pairs (`noise.bias=0.01`).

    Raises:
        InputError: a key or a value does not fit; the message lists what does.
    """
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
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
    if hint is float and type(value) is int:
        return float(value)
    if hint in (int, float, str) and type(value) is hint:
        return value
    numbers = isinstance(value, list) and all(type(v) in (int, float) for v in value)
    if hint == tuple[float, float] and numbers and len(value) == 2:
        return float(value[0]), float(value[1])
    raise InputError(f"setting {name}: {value!r} does not fit")
