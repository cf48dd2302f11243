"""Network files of our own: safetensors, the config in the header. For those of others see `model/foreign.py`.

A file loads whole or not at all: a missing or extra tensor is an error that names it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from vidmotion.errors import OutputError, WeightsError
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import HEADS, HeadConfig
from vidmotion.model.network import POSE3D, MotionNetwork

Tensors = dict[str, Tensor]

HEADS_PREFIX = "heads."
"""Before the names of the heads' tensors in a file; the encoder's stand bare, as in the official checkpoints."""


def save_network(network: MotionNetwork, path: Path, notes: dict[str, str], half: bool = True) -> None:
    """Write configs and tensors to a safetensors file; `half` stores fp16.

    Args:
        notes: provenance that goes into the header beside the configs, as text.

    Raises:
        OutputError: the file cannot be written.
    """
    dtype = torch.float16 if half else torch.float32
    tensors = network.encoder.state_dict()
    tensors |= {HEADS_PREFIX + name: value for name, value in network.heads.state_dict().items()}
    tensors = {
        name: value.detach().to("cpu", dtype if value.is_floating_point() else None).contiguous()
        for name, value in tensors.items()
    }
    metadata = {
        "format": "vidmotion.dstformer/1",
        "config": json.dumps(asdict(network.encoder.config)),
        "heads": json.dumps([asdict(head) for head in network.head_configs]),
        "lifts": json.dumps(network.lifts),
        **notes,
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, temporary, metadata)
        os.replace(temporary, path)
    except (SafetensorError, OSError) as error:
        raise OutputError(f"{path} cannot be written ({error}); write to another folder") from None
    finally:
        if temporary.parent.is_dir():
            temporary.unlink(missing_ok=True)


def load_network(path: Path) -> tuple[MotionNetwork, dict[str, str]]:
    """The network in one of our files, in fp32 and evaluation mode, with the notes of its header.

    Raises:
        WeightsError: no such file, not one of ours, or its tensors do not fit its configs.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such weights file; `vidmotion weights list` shows what there is") from None
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path} is not a weights file of vidmotion ({error}); convert others with `vidmotion weights import`"
        ) from None
    if notes.pop("format", "") != "vidmotion.dstformer/1":
        raise WeightsError(f"{path} does not hold a vidmotion network; convert others with `vidmotion weights import`")
    try:
        config = DSTformerConfig(**json.loads(notes.pop("config", "")))
        heads = [_head_config(record) for record in json.loads(notes.pop("heads", "[]"))]
        lifts = bool(json.loads(notes.pop("lifts", "true")))
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: damaged config in the header ({error})") from None
    own = {name: value for name, value in tensors.items() if name.startswith(HEADS_PREFIX)}
    encoder = build(config, {name: tensors[name] for name in tensors.keys() - own}, path)
    network = MotionNetwork(encoder, heads, lifts)
    fill(network.heads, {name.removeprefix(HEADS_PREFIX): value for name, value in own.items()}, path)
    return network.eval(), notes


def heads_in(path: Path) -> tuple[str, ...]:
    """The kinds of the heads in one of our files; none where it is no such file."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
        joints = (POSE3D,) if "config" in notes and json.loads(notes.get("lifts", "true")) else ()
        return (*joints, *(record["kind"] for record in json.loads(notes.get("heads", "[]"))))
    except (SafetensorError, OSError, ValueError, TypeError, KeyError):
        return ()


def save_weights(model: DSTformer, path: Path, notes: dict[str, str], half: bool = True) -> None:
    """`save_network` of an encoder without further heads."""
    save_network(MotionNetwork(model), path, notes, half)


def load_weights(path: Path) -> tuple[DSTformer, dict[str, str]]:
    """The encoder of `load_network`, whose own head tells 3D joints.

    Raises:
        WeightsError: as there; the encoder has learned on without that head.
    """
    network, notes = load_network(path)
    if not network.lifts:
        raise WeightsError(f"{path} does not lift (it has {', '.join(network.kinds)}); use other weights")
    return network.encoder, notes


def _head_config(record: dict[str, Any]) -> HeadConfig:
    config = HeadConfig(**{**record, "classes": tuple(record["classes"])})
    if config.kind not in HEADS:
        raise ValueError(f"unknown head {config.kind!r}")
    return config


def build(config: DSTformerConfig, tensors: Tensors, path: Path) -> DSTformer:
    """The encoder of a file's tensors.

    Raises:
        WeightsError: they do not fit.
    """
    model = DSTformer(config)
    fill(model, tensors, path)
    return model.eval()


def fill(module: nn.Module, tensors: Tensors, path: Path) -> None:
    """Put exactly these tensors into a module.

    Raises:
        WeightsError: one is missing, left over or of another shape.
    """
    wanted = module.state_dict()
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing or extra:
        told = [
            f"{len(names)} {what} ({names[0]} ...)"
            for what, names in (("missing", missing), ("unknown", extra))
            if names
        ]
        raise WeightsError(f"{path}: tensors do not fit the network: {', '.join(told)}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            raise WeightsError(f"{path}: {name} has shape {tuple(tensor.shape)}, wanted {tuple(wanted[name].shape)}")
    module.load_state_dict(tensors)
