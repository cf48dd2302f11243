"""Selects the device on which the networks run."""

from __future__ import annotations

import torch

from vidmotion.choices import Device
from vidmotion.errors import InputError


def available() -> dict[str, bool]:
    """The names of the devices, fastest first, and whether this machine has them."""
    return {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}


def torch_device(choice: Device) -> torch.device:
    """The device for a choice on this machine; "auto" selects the fastest.

    Raises:
        InputError: the machine does not have this device.
    """
    devices = available()
    if choice is Device.auto:
        return torch.device(next(name for name, has in devices.items() if has))
    if not devices[choice.value]:
        raise InputError(f"`device={choice}` is not available on this machine; `vidmotion doctor` lists the devices")
    return torch.device(choice.value)
