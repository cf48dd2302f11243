"""Reads MotionBERT's official checkpoints, and mmpose's renamed ones, without running code from the file.

Pose and pretraining files hold an encoder with its own head for 3D joints. In files for actions and meshes the encoder
was finetuned under another head, so that its own head no longer fits: such a network gives no 3D joints. Source of the
heads' layout: the public code of MotionBERT (arXiv 2210.06551).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vidmotion.errors import InputError, WeightsError
from vidmotion.io.torch_files import load_torch_file
from vidmotion.model.checkpoint import NO_MEMORY, Tensors, build_encoder, check_stored, heads_in, load_tensors
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import BETAS, SMPL_BODY, HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import SMPL24

ACTION_SQUARE = 2.0
"""Width of the square that the official action networks normalise by, in widths of the person's bounding square."""

_IGNORED = ("smpl.", "J_regressor")
"""Tensors of the mesh head that are not loaded: the body model, which the user provides as a file."""


def load_foreign(path: Path, classes: Sequence[str] = ()) -> MotionNetwork:
    """The network of an official MotionBERT checkpoint or of mmpose's pose checkpoint.

    Official checkpoints may be for pose, pretraining, actions, one-shot actions or meshes.

    Args:
        classes: names of an action network's classes; by default NTU RGB+D's codes, A001 and so on.

    Raises:
        WeightsError: the file cannot be read safely, or is no such network, or a tensor is missing or left over, or
            there are more or fewer names than classes.
    """
    if heads_in(path):
        raise WeightsError(f"{path} is a file of vidmotion already; pass it as `weights`")
    try:
        content = load_torch_file(path)
    except InputError as error:
        raise WeightsError(f"{path} cannot be read as a checkpoint of plain tensors: {error}") from None
    tensors = {name.removeprefix("module."): tensor for name, tensor in _find_tensors(content, path).items()}
    check_stored(tensors, path)
    try:
        return _network(tensors, classes, path).eval()
    except KeyError as error:
        raise WeightsError(f"{path} is not a DSTformer of MotionBERT, or has an unknown head: no {error}") from None
    except (ValueError, IndexError, TypeError, ArithmeticError, RuntimeError):
        raise WeightsError(f"{path} is not a DSTformer of MotionBERT: its tensors have other names or shapes") from None


def _network(tensors: Tensors, classes: Sequence[str], path: Path) -> MotionNetwork:
    if "backbone.head.weight" not in tensors:
        return MotionNetwork(_encoder(tensors, path))
    encoder = _encoder(_below("backbone.", tensors), path)
    head = {name: value for name, value in _below("head.", tensors).items() if not name.startswith(_IGNORED)}
    return _finetuned(encoder, head, classes, path)


def _find_tensors(content: Any, path: Path) -> Tensors:
    for key in ("model_pos", "model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    named = isinstance(content, dict) and all(isinstance(k, str) and torch.is_tensor(v) for k, v in content.items())
    if not named or not content:
        raise WeightsError(f"{path} holds no network (looked for model_pos, model, state_dict)")
    return content


def _below(prefix: str, tensors: Tensors) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


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


def _encoder(tensors: Tensors, path: Path) -> DSTformer:
    named: Tensors = {}
    for name, tensor in tensors.items():
        for pattern, replacement in _MMPOSE:
            name = pattern.sub(replacement, name)
        named[name] = tensor
    return build_encoder(_infer_config(named), named, path)


def _infer_config(tensors: Tensors) -> DSTformerConfig:
    _, joints, dim = tensors["pos_embed"].shape
    depth = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("blocks_st."))
    hidden = len(tensors["blocks_st.0.mlp_s.fc1.weight"])
    rep, frames = len(tensors["pre_logits.fc.weight"]), tensors["temp_embed"].shape[1]
    # Tensors do not show the number of attention heads: published networks have 8, with at least 8 channels each.
    return DSTformerConfig(dim, rep, depth, min(8, dim // 8), hidden / dim, joints, frames)


def _finetuned(encoder: DSTformer, head: Tensors, classes: Sequence[str], path: Path) -> MotionNetwork:
    """The network of an encoder and the tensors of the head under which it was finetuned."""
    hidden = len(head["fc1.weight"])
    if "head_pose.weight" in head:
        return _with_head(encoder, HeadConfig("mesh", hidden, body=SMPL_BODY), _mesh(head, path), path)
    config = HeadConfig("embedding", hidden)
    if "fc2.weight" in head:
        config = HeadConfig("action", hidden, _class_names(classes, len(head["fc2.weight"]), path))
    network = _with_head(encoder, config, _renamed(head, {"bn.": "norm."}), path)
    _adapt_to_one_person(network, network.heads[config.kind].get_submodule("fc1"))
    return network


def _with_head(encoder: DSTformer, config: HeadConfig, tensors: Tensors, path: Path) -> MotionNetwork:
    with NO_MEMORY:
        network = MotionNetwork(encoder, [config], lifts=False)
    load_tensors(network.heads[config.kind], tensors, path)
    return network


def _renamed(tensors: Tensors, names: dict[str, str]) -> Tensors:
    out: Tensors = {}
    for name, value in tensors.items():
        for old, new in names.items():
            name = new + name.removeprefix(old) if name.startswith(old) else name
        out[name] = value
    return out


def _class_names(given: Sequence[str], count: int, path: Path) -> tuple[str, ...]:
    if given and len(given) != count:
        raise WeightsError(f"{path} has {count} classes, received {len(given)} names")
    return tuple(given) or tuple(f"A{number:03d}" for number in range(1, count + 1))


@torch.no_grad()
def _adapt_to_one_person(network: MotionNetwork, fc1: nn.Module) -> None:
    """Change the weights of a network for clips of two people so that it takes one person in our normalization.

    In the official clips of one person, the second person is all zeros, and the head averages over the two. Its first
    layer therefore gets half of the person's representation plus half of a constant: the representation of the zeros.
    The official networks also normalise by a square that is larger than the person's bounding square.
    """
    assert isinstance(fc1, nn.Linear)  # the first layer of every head
    encoder = network.encoder
    sizes = encoder.config
    absent = encoder.represent(torch.zeros(1, sizes.max_frames, sizes.joints, 3)).mean(1).flatten()
    fc1.bias.add_(fc1.weight @ absent / 2)
    fc1.weight.div_(2)
    encoder.joints_embed.weight[:, :2].div_(ACTION_SQUARE)


def _mesh(head: Tensors, path: Path) -> Tensors:
    """The mesh head's tensors under our names: the mean shape added to the bias, rotations column by column."""
    out = _renamed(head, {"bn1.": "norm1.", "bn2.": "norm2."})
    pose, shape = out.pop("init_pose"), out.pop("init_shape")
    if pose.shape != (1, len(SMPL24) * 6) or shape.shape != (1, BETAS):
        raise WeightsError(f"{path}: the mean pose and shape are {tuple(pose.shape)} and {tuple(shape.shape)}")
    out["head_shape.bias"] = out["head_shape.bias"] + shape[0]
    out["head_pose.weight"] = _by_columns(out["head_pose.weight"])
    out["head_pose.bias"] = _by_columns(out["head_pose.bias"])
    out["mean_pose"] = _by_columns(pose[0]).view(len(SMPL24), 6)
    return out


def _by_columns(rows: Tensor) -> Tensor:
    """Reorder (144, ...) numbers of rotations' first two columns from row by row to column by column."""
    return rows.view(len(SMPL24), 3, 2, *rows.shape[1:]).transpose(1, 2).reshape(rows.shape)
