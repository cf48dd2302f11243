"""Which device the networks run on. Knows torch and nothing else."""

from __future__ import annotations

import torch

from vidmotion.choices import Device
from vidmotion.errors import InputError


def available() -> dict[str, bool]:
    """Device names, the fastest first, and whether this machine has them."""
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def torch_device(choice: Device) -> torch.device:
    """The device that a choice means on this machine.

    Raises:
        InputError: it was asked for by name and is not there.
    """
    there = available()
    if choice is Device.auto:
        return torch.device(next(name for name, here in there.items() if here))
    if not there[choice.value]:
        raise InputError(f"--device {choice}: not on this machine; `vidmotion doctor` lists the devices")
    return torch.device(choice.value)
