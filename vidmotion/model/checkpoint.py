"""Network files in vidmotion's own format: safetensors with the config in the header.

A file loads completely or not at all: a missing or extra tensor is an error that names it. Files of other programs are
read by `model/foreign.py`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from vidmotion.errors import WeightsError
from vidmotion.io.atomic import write_bytes
from vidmotion.io.json_text import parse_json
from vidmotion.io.pickles import DAMAGED
from vidmotion.io.plain_text import visible
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import POSE3D, MotionNetwork

Tensors = dict[str, Tensor]

NO_MEMORY = torch.device("meta")
"""Context in which modules are made without memory, until the tensors of a file are known to fit them."""
HEADS_PREFIX = "heads."
"""Prefix of the heads' tensors in a file; the encoder's tensors have none, as in the official checkpoints."""


def save_network(network: MotionNetwork, path: Path, notes: dict[str, str], half: bool = True) -> None:
    """Write configs and tensors to a safetensors file; `half` stores fp16.

    Args:
        notes: provenance as text, written into the header beside the configs.

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
    # `save_file` would give the file permissions of its own, whatever the umask.
    write_bytes(path, save(tensors, metadata))


def load_network(path: Path) -> tuple[MotionNetwork, dict[str, str]]:
    """The network in a file, in fp32 and evaluation mode, with the notes of its header.

    Raises:
        WeightsError: no such file, a file of another format, or its tensors do not fit its configs.
    """
    try:
        with safe_open(path, framework="pt") as file:
            notes = dict(sorted((file.metadata() or {}).items()))  # safetensors keeps no order
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise WeightsError(
            f"{path}: no such weights file; `vidmotion weights list` shows those that there are"
        ) from None
    except (SafetensorError, OSError, *DAMAGED) as error:
        raise WeightsError(
            f"{path} is not a weights file of vidmotion ({error}); convert other files with `vidmotion weights import`"
        ) from None
    if notes.pop("format", "") != "vidmotion.dstformer/1":
        raise WeightsError(
            f"{path} does not hold a vidmotion network; convert other files with `vidmotion weights import`"
        )
    try:
        config = DSTformerConfig(**parse_json(notes.pop("config", "")))
        heads = _head_configs(notes.pop("heads", "[]"))
        lifts = bool(parse_json(notes.pop("lifts", "true")))
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: damaged config in the header ({visible(str(error))})") from None
    of_heads = {name: value for name, value in tensors.items() if name.startswith(HEADS_PREFIX)}
    encoder = build_encoder(config, {name: tensors[name] for name in tensors.keys() - of_heads}, path)
    with NO_MEMORY:
        network = MotionNetwork(encoder, heads, lifts)
    load_tensors(network.heads, {name.removeprefix(HEADS_PREFIX): value for name, value in of_heads.items()}, path)
    return network.eval(), notes


def heads_in(path: Path) -> tuple[str, ...]:
    """The kinds of the heads in a file; none where it is no network file of vidmotion."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = file.metadata() or {}
        pose3d = (POSE3D,) if "config" in notes and parse_json(notes.get("lifts", "true")) else ()
        return (*pose3d, *(head.kind for head in _head_configs(notes.get("heads", "[]"))))
    except (SafetensorError, OSError, *DAMAGED):
        return ()


def save_weights(model: DSTformer, path: Path, notes: dict[str, str], half: bool = True) -> None:
    """Write an encoder without further heads; arguments as in `save_network`."""
    save_network(MotionNetwork(model), path, notes, half)


def load_weights(path: Path) -> tuple[DSTformer, dict[str, str]]:
    """The encoder in a file, with its own head for 3D joints, and the notes of the header.

    Raises:
        WeightsError: as `load_network`; or the encoder was trained further without that head.
    """
    network, notes = load_network(path)
    if not network.lifts:
        raise WeightsError(f"{path} has no head for 3D joints (it has {', '.join(network.kinds)}); use other weights")
    return network.encoder, notes


def _head_configs(text: str) -> list[HeadConfig]:
    return [
        HeadConfig(**{**record, "classes": tuple(record["classes"]), "prior": tuple(record.get("prior", ()))})
        for record in parse_json(text)
    ]


def build_encoder(config: DSTformerConfig, tensors: Tensors, path: Path) -> DSTformer:
    """An encoder with the tensors of a file.

    Raises:
        WeightsError: the tensors do not fit the config.
    """
    with NO_MEMORY:
        model = DSTformer(config)
    load_tensors(model, tensors, path)
    return model.eval()


def load_tensors(module: nn.Module, tensors: Tensors, path: Path) -> None:
    """Put exactly these tensors into a module that was made with `NO_MEMORY`.

    Raises:
        WeightsError: a tensor is missing, left over, of another shape, or not stored whole in the file.
    """
    wanted = module.state_dict()
    missing, extra = sorted(set(wanted) - set(tensors)), sorted(set(tensors) - set(wanted))
    if missing or extra:
        problems = [
            f"{len(names)} {what} ({names[0]} ...)"
            for what, names in (("missing", missing), ("unknown", extra))
            if names
        ]
        raise WeightsError(f"{path}: tensors do not fit the network: {', '.join(problems)}")
    for name, tensor in tensors.items():
        if tensor.shape != wanted[name].shape:
            raise WeightsError(f"{path}: {name} has shape {tuple(tensor.shape)}, wanted {tuple(wanted[name].shape)}")
    check_stored(tensors, path)
    whole = {name: tensor.detach().to(wanted[name].dtype, copy=True).contiguous() for name, tensor in tensors.items()}
    module.load_state_dict(whole, assign=True)


def check_stored(tensors: Tensors, path: Path) -> None:
    """Make sure that tensors need no more memory than they have in their file.

    Raises:
        WeightsError: they repeat a part of it, or are not stored as plain numbers.
    """
    for name, tensor in tensors.items():
        plain = tensor.layout is torch.strided and tensor.device.type == "cpu"
        if not plain or tensor.is_quantized or tensor.is_complex():
            raise WeightsError(f"{path}: {name} is not stored as plain numbers")
    stored = {one.data_ptr(): one.nbytes() for one in (tensor.untyped_storage() for tensor in tensors.values())}
    if sum(tensor.nbytes for tensor in tensors.values()) > sum(stored.values()):
        raise WeightsError(f"{path}: its tensors are larger than the numbers that it stores")
