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
from vidmotion.model.checkpoint import heads_in, load_weights, save_weights
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


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dim": 10**12}, "dim: wanted a number from 1 to 8192"),
        ({"dim": 0}, "dim: wanted"),
        ({"dim": "16"}, "dim: wanted"),
        ({"dim": True}, "dim: wanted"),
        ({"heads": 0}, "heads: wanted"),
        ({"depth": 10**9}, "depth: wanted"),
        ({"mlp_ratio": float("inf")}, "mlp_ratio does not fit"),
        ({"mlp_ratio": float("nan")}, "mlp_ratio does not fit"),
        ({"mlp_ratio": "2"}, "mlp_ratio does not fit"),
        ({"max_frames": 10**9}, "max_frames: wanted"),
        ({"width": 3}, "unexpected keyword argument"),
    ],
)
def test_a_config_of_impossible_sizes_is_one_line(
    change: dict[str, object], reason: str, model: DSTformer, tmp_path: Path
) -> None:
    notes = {"format": "vidmotion.dstformer/1", "config": json.dumps({**vars(TINY), **change})}
    save_file(dict(model.state_dict()), tmp_path / "w.safetensors", notes)
    with pytest.raises(WeightsError, match=f"damaged config in the header .*{reason}") as refused:
        load_weights(tmp_path / "w.safetensors")
    assert "\n" not in str(refused.value)


HEAD: dict[str, object] = {"kind": "action", "hidden": 8, "classes": ["a"]}


@pytest.mark.parametrize(
    "heads",
    [
        DEEP, "7", "[7]", "{", "[{}]",
        *(json.dumps([HEAD | {name: value}]) for name, value in (
            ("kind", "tail"), ("kind", []), ("hidden", 10**12), ("hidden", "8"), ("classes", 7), ("classes", [7]),
            ("dropout", 2), ("dropout", "no"), ("temperature", 0), ("body", 3),
        )),
    ],
)  # fmt: skip
def test_damaged_heads_are_one_line(heads: str, model: DSTformer, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    notes = {"format": "vidmotion.dstformer/1", "config": json.dumps(vars(TINY)), "heads": heads}
    save_file(dict(model.state_dict()), path, notes)
    with pytest.raises(WeightsError, match="damaged config in the header"):
        load_weights(path)
    assert heads_in(path) == ()


def test_tensors_are_compared_before_memory_is_taken(model: DSTformer, tmp_path: Path) -> None:
    config = {**vars(TINY), "dim": 4096, "rep": 4096, "depth": 64}  # 70 GB
    notes = {"format": "vidmotion.dstformer/1", "config": json.dumps(config)}
    save_file(dict(model.state_dict()), tmp_path / "w.safetensors", notes)
    with pytest.raises(WeightsError, match="tensors do not fit the network"):
        load_weights(tmp_path / "w.safetensors")


def renamed(change: str, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """An official checkpoint's tensors with one that is impossible."""
    if change == "no width":
        state["pos_embed"] = torch.zeros(1, 17, 0)
    elif change == "endless blocks":
        state["blocks_st.100000.mlp_s.fc1.weight"] = torch.zeros(1)
    elif change == "no block":
        state["blocks_st.x"] = torch.zeros(1)
    elif change == "no shape":
        state["pre_logits.fc.weight"] = torch.tensor(1.0)
    return state


@pytest.mark.parametrize("change", ["no width", "endless blocks", "no block", "no shape"])
def test_impossible_tensors_are_one_line(change: str, model: DSTformer, tmp_path: Path) -> None:
    torch.save({"model_pos": renamed(change, dict(model.state_dict()))}, tmp_path / "odd.bin")
    with pytest.raises(WeightsError, match="is not a DSTformer of MotionBERT: its tensors have other names or shapes"):
        load_foreign(tmp_path / "odd.bin")


def test_a_number_that_is_repeated_is_not_a_tensor(model: DSTformer, tmp_path: Path) -> None:
    state = dict(model.state_dict())
    state["norm.bias"] = torch.zeros(1).expand(10**12)
    torch.save({"model_pos": state}, tmp_path / "odd.bin")
    with pytest.raises(WeightsError, match="its tensors are larger than the numbers that it stores"):
        load_foreign(tmp_path / "odd.bin")


def test_sparse_tensors_are_refused(model: DSTformer, tmp_path: Path) -> None:
    state = dict(model.state_dict())
    state["norm.bias"] = torch.sparse_coo_tensor(torch.zeros(1, 0), torch.zeros(0), (10**12,), check_invariants=True)
    torch.save({"model_pos": state}, tmp_path / "odd.bin")
    with pytest.raises(WeightsError, match=r"norm\.bias is not stored as plain numbers"):
        load_foreign(tmp_path / "odd.bin")
