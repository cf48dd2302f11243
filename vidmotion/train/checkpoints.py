"""The folder of a run: its checkpoint, read and written whole, and whether a run may go on from it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vidmotion.errors import InputError, OutputError
from vidmotion.io.atomic import atomic_file

MAY_CHANGE = frozenset({"steps", "decay", "ema", "lr", "accumulate", "compile"})
"""Settings that a resumed run need not share with the one before: to extend it, to save it, or to move it elsewhere."""


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps its files."""

    path: Path

    @classmethod
    def open(cls, path: Path, resume: bool) -> RunFolder:
        """A folder to begin a run in, or to go on with one.

        Raises:
            InputError: it holds a run already, which is not to be resumed.
            OutputError: it cannot be made.
        """
        folder = cls(path)
        if folder.checkpoint.exists() and not resume:
            raise InputError(f"{path} holds a run already; continue it with --resume or name another folder")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be made ({error.strerror}); name another folder with -o") from error
        return folder

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    @property
    def weights(self) -> Path:
        return self.path / "weights.safetensors"

    def write(self, state: dict[str, Any]) -> None:
        """Write the checkpoint beside the last one, then put it in its place.

        Raises:
            OutputError: it cannot be written.
        """
        with atomic_file(self.checkpoint) as file:
            torch.save(state, file)

    def read(self, device: torch.device) -> dict[str, Any]:
        """The state in the checkpoint.

        Raises:
            InputError: there is none, or it is damaged.
        """
        try:
            state = torch.load(self.checkpoint, map_location=device, weights_only=True)
        except FileNotFoundError:
            raise InputError(f"{self.path} holds no checkpoint to resume; start without --resume") from None
        except torch.OutOfMemoryError:
            raise
        except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
            raise InputError(f"{self.checkpoint} is damaged; train again in another folder") from None
        if not isinstance(state, dict) or not {"step", "seed", "model", "average", "optimizers"} <= state.keys():
            raise InputError(f"{self.checkpoint} is no checkpoint of a run; train again in another folder")
        return state

    def check_settings(self, state: dict[str, Any], config: dict[str, Any], micros: int) -> None:
        """Refuse other settings than the checkpoint's; older checkpoints know their seed alone.

        Args:
            micros: micro-batches of a step, of all processes together.

        Raises:
            InputError: a setting differs; the message names it.
        """
        before, now = _flat(state.get("config", {"seed": state["seed"]})), _flat(config)
        for name, value in before.items():
            if name in now and name not in MAY_CHANGE and now[name] != value:
                shown = list(value) if isinstance(value, tuple) else value
                raise InputError(f"{self.checkpoint} was trained with {name} {shown}; pass --set {name}=... as before")
        if state.get("micros", micros) != micros:
            raise InputError(
                f"{self.checkpoint} was trained with accumulate x processes = {state['micros']}, this is {micros}; "
                "pass --set accumulate=... that gives the same"
            )


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their full names, such as `noise.bias`."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
