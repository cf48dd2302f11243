"""The folder of a run: its checkpoint, whether a run may continue from it, and that only one process writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vidmotion.errors import InputError, OutputError
from vidmotion.io.atomic import atomic_file, locked_folder, output_error
from vidmotion.io.torch_files import load_torch_file
from vidmotion.train.config import RENAMED

MAY_CHANGE = frozenset({"steps", "decay", "ema", "lr", "accumulate", "compile"})
"""Settings that may differ in a resumed run: to extend it, to save it after a failure, or to move it elsewhere."""


@dataclass(frozen=True)
class RunFolder:
    """Where a run keeps its files."""

    path: Path

    @classmethod
    def open(cls, path: Path, resume: bool) -> RunFolder:
        """A folder for a new run, or of a run to continue.

        Raises:
            InputError: the folder holds a run already, and `resume` is off; it holds none, and `resume` is on; or it
                holds files that a run would replace.
            OutputError: the folder cannot be made.
        """
        folder = cls(path)
        if folder.checkpoint.exists() and not resume:
            raise InputError(f"{path} holds a run already; continue it with `resume=True` or name another folder")
        if resume and not folder.checkpoint.exists():
            raise InputError(f"{path} holds no checkpoint to resume; leave `resume` out to start")
        for file in (folder.log, folder.weights):
            if file.exists() and not folder.checkpoint.exists():
                raise InputError(f"{path} holds {file.name} and no checkpoint; name another folder")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{path}: cannot be made ({error.strerror}); name another folder") from error
        return folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other trainings out of the folder.

        Raises:
            OutputError: another training runs in it.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(locked_folder(self.path))
            except OSError as error:
                if isinstance(error, BlockingIOError):
                    raise OutputError(f"{self.path}: another training runs in it; wait, or name another") from None
                raise output_error(self.path, error) from None
            yield

    @property
    def checkpoint(self) -> Path:
        """The state from which the run continues."""
        return self.path / "checkpoint.pt"

    @property
    def log(self) -> Path:
        """Losses and speed, a line of JSON every few steps."""
        return self.path / "log.jsonl"

    @property
    def weights(self) -> Path:
        """The trained network, written at the end."""
        return self.path / "weights.safetensors"

    def write(self, state: dict[str, Any]) -> None:
        """Write the checkpoint beside the last one, then put it in its place.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            with atomic_file(self.checkpoint) as file:
                torch.save(state, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # which torch hides
                raise output_error(self.checkpoint, error.__context__) from None
            raise

    def read(self, device: torch.device) -> dict[str, Any]:
        """The state in the checkpoint.

        Raises:
            InputError: it is damaged.
        """
        try:
            state = load_torch_file(self.checkpoint, device)
        except InputError:
            raise InputError(f"{self.checkpoint} is damaged; train again in another folder") from None
        if not isinstance(state, dict) or not {"step", "seed", "model", "average", "optimizers"} <= state.keys():
            raise InputError(f"{self.checkpoint} is not the checkpoint of a run; train again in another folder")
        return state

    def check_settings(self, state: dict[str, Any], config: dict[str, Any], micros: int) -> None:
        """Refuse settings that differ from the checkpoint's; the oldest checkpoints hold only their seed.

        Args:
            micros: micro-batches of a step, of all processes together.

        Raises:
            InputError: a setting differs; the message names it.
        """
        before, now = _flat(state.get("config", {"seed": state["seed"]})), _flat(config)
        for old_name, value in before.items():
            name = RENAMED.get(old_name, old_name)
            if name in now and name not in MAY_CHANGE and now[name] != value:
                shown = list(value) if isinstance(value, tuple) else value
                raise InputError(f"{self.checkpoint} was trained with {name} {shown}; set {name} to that as before")
        if state.get("micros", micros) != micros:
            raise InputError(
                f"{self.checkpoint} was trained with accumulate x processes = {state['micros']}, this is {micros}; "
                "set accumulate so that the product is the same"
            )


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by their full names, such as `noise.bias`."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat
