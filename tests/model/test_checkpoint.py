"""Network files load whole or not at all, and never run code."""

import json
import os
import pickle
import re
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vidmotion.errors import WeightsError
from vidmotion.model.checkpoint import load_weights, save_weights
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.foreign import load_foreign

TINY = DSTformerConfig(16, 24, 2, 2, 2.0, 17, 9)


@pytest.fixture
def model() -> DSTformer:
    torch.manual_seed(0)
    return DSTformer(TINY).eval()


def same(one: DSTformer, other: DSTformer) -> bool:
    x = torch.randn(1, 9, 17, 3, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        return torch.equal(one(x), other(x))


def test_round_trip_keeps_network_and_notes(model: DSTformer, tmp_path: Path) -> None:
    save_weights(model, tmp_path / "w.safetensors", {"task": "pose3d"}, half=False)
    loaded, notes = load_weights(tmp_path / "w.safetensors")
    assert loaded.config == TINY
    assert notes == {"task": "pose3d"}
    assert same(loaded, model)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_permissions_follow_the_umask(model: DSTformer, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        save_weights(model, tmp_path / "w.safetensors", {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "w.safetensors").stat().st_mode) == 0o644


def test_half_precision_halves_the_file(model: DSTformer, tmp_path: Path) -> None:
    save_weights(model, tmp_path / "half.safetensors", {})
    save_weights(model, tmp_path / "full.safetensors", {}, half=False)
    half, full = ((tmp_path / name).stat().st_size for name in ("half.safetensors", "full.safetensors"))
    tensors = sum(p.numel() for p in model.parameters())
    assert abs((full - half) - 2 * tensors) < 64


def mmpose_names(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed = {}
    for name, tensor in state.items():
        name = name.replace("pos_embed", "spat_embed").replace("ts_attn", "attn_regress")
        name = re.sub(r"(mlp_[st])\.fc1", r"\1.0", name)
        name = re.sub(r"(mlp_[st])\.fc2", r"\1.2", name)
        if name.startswith("head."):
            name = name.replace("head.", "head.fc.")
        elif name.startswith("pre_logits"):
            name = "head." + name
        else:
            name = "backbone." + name
        renamed[name] = tensor
    return renamed


@pytest.mark.parametrize("form", ["official", "mmpose"])
def test_foreign_files_load_as_they_are(model: DSTformer, tmp_path: Path, form: str) -> None:
    state = model.state_dict()
    if form == "official":
        content = {"epoch": 3, "model_pos": {f"module.{name}": tensor for name, tensor in state.items()}}
    else:
        content = {"meta": {}, "state_dict": mmpose_names(state)}
    torch.save(content, tmp_path / "foreign.bin")
    assert same(load_foreign(tmp_path / "foreign.bin").encoder, model)


def test_missing_and_extra_tensors_are_named(model: DSTformer, tmp_path: Path) -> None:
    state = dict(model.state_dict())
    state["surplus"] = state.pop("head.bias")
    torch.save({"model_pos": state}, tmp_path / "odd.bin")
    with pytest.raises(WeightsError, match=r"1 missing \(head.bias .*1 unknown \(surplus"):
        load_foreign(tmp_path / "odd.bin")


def test_wrong_shape_is_named(model: DSTformer, tmp_path: Path) -> None:
    state = dict(model.state_dict())
    state["head.bias"] = torch.zeros(4)
    save_file(state, tmp_path / "w.safetensors", {"format": "vidmotion.dstformer/1", "config": json.dumps(vars(TINY))})
    with pytest.raises(WeightsError, match=r"head.bias has shape \(4,\), wanted \(3,\)"):
        load_weights(tmp_path / "w.safetensors")


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("code ran",)


def test_a_pickle_that_calls_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"model_pos": Evil()}, tmp_path / "evil.bin")
    (tmp_path / "raw.bin").write_bytes(pickle.dumps(Evil(), protocol=2))
    for name in ("evil.bin", "raw.bin"):
        with pytest.raises(WeightsError, match="cannot be read as a checkpoint of plain tensors"):
            load_foreign(tmp_path / name)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"not a tensor file", b"\x10\0\0\0\0\0\0\0{}"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="not a weights file of vidmotion"):
        load_weights(tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="cannot be read as a checkpoint"):
        load_foreign(tmp_path / "w.safetensors")


def test_a_stranger_s_safetensors_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match="does not hold a vidmotion network"):
        load_weights(tmp_path / "x.safetensors")
