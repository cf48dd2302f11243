"""Network files: ours (safetensors, the config in the header) and foreign ones, read without running code.

A file loads whole or not at all: a missing or extra tensor is an error that names it.
"""

from __future__ import annotations

import json
import os
import pickle
import re
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
from vidmotion.model.network import MotionNetwork

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
    except (ValueError, TypeError, KeyError) as error:
        raise WeightsError(f"{path}: damaged config in the header ({error})") from None
    own = {name: value for name, value in tensors.items() if name.startswith(HEADS_PREFIX)}
    network = MotionNetwork(_build(config, {name: tensors[name] for name in tensors.keys() - own}, path), heads)
    _fill(network.heads, {name.removeprefix(HEADS_PREFIX): value for name, value in own.items()}, path)
    return network.eval(), notes


def heads_in(path: Path) -> tuple[str, ...]:
    """The kinds of the heads in one of our files beside that for 3D joints; none where it is no such file."""
    try:
        with safe_open(path, framework="pt") as file:
            return tuple(record["kind"] for record in json.loads((file.metadata() or {}).get("heads", "[]")))
    except (SafetensorError, OSError, ValueError, TypeError, KeyError):
        return ()


def save_weights(model: DSTformer, path: Path, notes: dict[str, str], half: bool = True) -> None:
    """`save_network` of an encoder without further heads."""
    save_network(MotionNetwork(model), path, notes, half)


def load_weights(path: Path) -> tuple[DSTformer, dict[str, str]]:
    """The encoder of `load_network`, whose own head tells 3D joints."""
    network, notes = load_network(path)
    return network.encoder, notes


def _head_config(record: dict[str, Any]) -> HeadConfig:
    config = HeadConfig(**{**record, "classes": tuple(record["classes"])})
    if config.kind not in HEADS:
        raise ValueError(f"unknown head {config.kind!r}")
    return config


def load_foreign(path: Path) -> DSTformer:
    """An official MotionBERT pose or pretraining checkpoint, or mmpose's renamed one.

    Raises:
        WeightsError: the file cannot be read safely, or is not a DSTformer, or a tensor is missing or left over.
    """
    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (pickle.UnpicklingError, SafetensorError, RuntimeError, OSError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} cannot be read as a checkpoint of plain tensors: {reason}") from None
    tensors = _official_names(_find_tensors(content, path))
    return _build(_infer_config(tensors, path), tensors, path)


def _build(config: DSTformerConfig, tensors: Tensors, path: Path) -> DSTformer:
    model = DSTformer(config)
    _fill(model, tensors, path)
    return model.eval()


def _fill(module: nn.Module, tensors: Tensors, path: Path) -> None:
    """Put exactly these tensors into a module."""
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


def _find_tensors(content: Any, path: Path) -> Tensors:
    for key in ("model_pos", "model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    if not isinstance(content, dict) or not content or not all(torch.is_tensor(v) for v in content.values()):
        raise WeightsError(f"{path} holds no network (looked for model_pos, model, state_dict)")
    return content


# mmpose's names for MotionBERT's parts, in the order in which they are tried.
_MMPOSE = (
    (re.compile(r"^(?:backbone\.)?spat_embed$"), "pos_embed"),
    (re.compile(r"^(?:backbone\.)?attn_regress\."), "ts_attn."),
    (re.compile(r"^head\.pre_logits\.fc\."), "pre_logits.fc."),
    (re.compile(r"^head\.fc\."), "head."),
    (re.compile(r"^backbone\."), ""),
    (re.compile(r"(\.mlp_[st])\.0\."), r"\1.fc1."),
    (re.compile(r"(\.mlp_[st])\.2\."), r"\1.fc2."),
)


def _official_names(tensors: Tensors) -> Tensors:
    out: Tensors = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("module.")
        for pattern, replacement in _MMPOSE:
            name = pattern.sub(replacement, name)
        out[name] = tensor.float()
    return out


def _infer_config(tensors: Tensors, path: Path) -> DSTformerConfig:
    try:
        _, joints, dim = tensors["pos_embed"].shape
        depth = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks_st."))
        hidden = len(tensors["blocks_st.0.mlp_s.fc1.weight"])
        rep, frames = len(tensors["pre_logits.fc.weight"]), tensors["temp_embed"].shape[1]
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} is not a DSTformer for 3D pose: no {error}") from None
    # Heads leave no trace in the tensors: published networks have 8, and no narrower ones than 8 channels a head.
    return DSTformerConfig(dim, rep, depth, min(8, dim // 8), hidden / dim, joints, frames)
