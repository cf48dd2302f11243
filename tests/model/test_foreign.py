"""Official files for actions and meshes give the outputs of MotionBERT's public code."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vidmotion.errors import WeightsError
from vidmotion.geometry.rotations_torch import rotation_6d_to_matrix
from vidmotion.model.checkpoint import load_network, save_network, save_weights
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.foreign import load_foreign

TINY = DSTformerConfig(16, 24, 2, 2, 2.0, 17, 9)
HIDDEN, CLASSES = 12, 60
Tensors = dict[str, Tensor]


@pytest.fixture(scope="module")
def encoder() -> DSTformer:
    torch.manual_seed(0)
    return DSTformer(TINY).eval()


def linear(name: str, outputs: int, inputs: int) -> Tensors:
    return {f"{name}.weight": torch.randn(outputs, inputs) / inputs**0.5, f"{name}.bias": torch.randn(outputs)}


def norm(name: str) -> Tensors:
    return {
        f"{name}.weight": torch.rand(HIDDEN) + 0.5,
        f"{name}.bias": torch.randn(HIDDEN),
        f"{name}.running_mean": torch.randn(HIDDEN),
        f"{name}.running_var": torch.rand(HIDDEN) + 0.5,
        f"{name}.num_batches_tracked": torch.tensor(7),
    }


def action_head() -> Tensors:
    return linear("fc1", HIDDEN, 17 * 24) | norm("bn") | linear("fc2", CLASSES, HIDDEN)


def mesh_head() -> Tensors:
    return {
        **linear("fc1", HIDDEN, 17 * 24), **norm("bn1"), **linear("fc2", HIDDEN, 17 * 24), **norm("bn2"),
        **linear("head_pose", 144, HIDDEN), **linear("head_shape", 10, HIDDEN),
        "init_pose": torch.randn(1, 144), "init_shape": torch.randn(1, 10),
        "smpl.v_template": torch.zeros(6890, 3), "J_regressor": torch.zeros(17, 6890),
    }  # fmt: skip


def write(path: Path, encoder: DSTformer, head: Tensors) -> Path:
    """As the public training code saves it."""
    tensors = {f"module.backbone.{name}": value for name, value in encoder.state_dict().items()}
    tensors |= {f"module.head.{name}": value for name, value in head.items()}
    torch.save({"epoch": 3, "lr": 1e-4, "optimizer": {}, "model": tensors, "best_acc": 1}, path)
    return path


def layer(head: Tensors, name: str, x: Tensor) -> Tensor:
    return x @ head[f"{name}.weight"].T + head[f"{name}.bias"]


def normed(head: Tensors, name: str, x: Tensor) -> Tensor:
    scaled = (x - head[f"{name}.running_mean"]) / (head[f"{name}.running_var"] + 1e-5).sqrt()
    return scaled * head[f"{name}.weight"] + head[f"{name}.bias"]


@torch.inference_mode()
def test_a_lone_person_gets_the_scores_of_a_clip_of_two(encoder: DSTformer, tmp_path: Path) -> None:
    head = action_head()
    network = load_foreign(write(tmp_path / "ntu.bin", encoder, head))
    x = torch.rand(1, 9, 17, 3) * 2 - 1
    small = x * torch.tensor([0.5, 0.5, 1.0])  # the person fills half of the square
    both = torch.stack([encoder.represent(small), encoder.represent(torch.zeros_like(x))], 1)  # (1, 2, T, J, C)
    pooled = both.permute(0, 1, 3, 4, 2).mean(-1).reshape(1, 2, -1).mean(1)
    wanted = layer(head, "fc2", F.relu(normed(head, "bn", layer(head, "fc1", pooled))))
    torch.testing.assert_close(network(x, None, ("action",)).action, wanted, rtol=1e-4, atol=1e-4)
    assert network.kinds == ("action",)
    assert network.head_configs[0].classes[::59] == ("A001", "A060")


@torch.inference_mode()
def test_bodies_have_the_rotations_of_the_public_code(encoder: DSTformer, tmp_path: Path) -> None:
    head = mesh_head()
    network = load_foreign(write(tmp_path / "mesh.bin", encoder, head))
    x = torch.rand(1, 9, 17, 3) * 2 - 1
    rep = encoder.represent(x).flatten(2)
    each = F.relu(normed(head, "bn1", layer(head, "fc1", rep[0])))
    columns = (layer(head, "head_pose", each) + head["init_pose"]).view(9, 24, 3, 2)
    first = F.normalize(columns[..., 0], dim=-1)
    second = columns[..., 1] - (first * columns[..., 1]).sum(-1, keepdim=True) * first
    whole = F.relu(normed(head, "bn2", layer(head, "fc2", rep.mean(1))))
    body = network(x, None, ("mesh",)).mesh
    rotations = rotation_6d_to_matrix(body.columns)[0]
    torch.testing.assert_close(rotations[..., 0], first, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(rotations[..., 1], F.normalize(second, dim=-1), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(body.betas, layer(head, "head_shape", whole) + head["init_shape"], rtol=1e-4, atol=1e-4)
    assert network.head_configs[0].body == "smpl"


def test_imported_networks_come_back_from_our_file(encoder: DSTformer, tmp_path: Path) -> None:
    network = load_foreign(write(tmp_path / "ntu.bin", encoder, action_head()))
    save_network(network, tmp_path / "ntu.safetensors", {}, half=False)
    again, _ = load_network(tmp_path / "ntu.safetensors")
    x = torch.rand(2, 9, 17, 3)
    with torch.inference_mode():
        assert torch.equal(again(x, None, ("action",)).action, network(x, None, ("action",)).action)
    assert not again.lifts


def test_one_shot_files_have_no_classes(encoder: DSTformer, tmp_path: Path) -> None:
    network = load_foreign(write(tmp_path / "shot.bin", encoder, linear("fc1", HIDDEN, 17 * 24)))
    assert network.kinds == ("embedding",)


def test_classes_are_named_or_refused(encoder: DSTformer, tmp_path: Path) -> None:
    path = write(tmp_path / "ntu.bin", encoder, action_head())
    names = [f"class {number}" for number in range(CLASSES)]
    assert load_foreign(path, names).head_configs[0].classes == tuple(names)
    with pytest.raises(WeightsError, match="has 60 classes, received 2 names"):
        load_foreign(path, names[:2])


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [("fc1.weight", "an unknown head: no 'fc1.weight'"), ("bn.weight", "1 missing"), ("fc2.bias", "1 missing")],
)
def test_what_is_missing_is_named(encoder: DSTformer, tmp_path: Path, spoilt: str, message: str) -> None:
    head = action_head()
    del head[spoilt]
    with pytest.raises(WeightsError, match=message):
        load_foreign(write(tmp_path / "odd.bin", encoder, head))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({1: torch.zeros(3)}, "holds no network"),
        ({"pos_embed": torch.zeros(3)}, "other names or shapes"),
        ({"pos_embed": torch.zeros(1, 17, 8), "blocks_st.x.y": torch.zeros(1)}, "other names or shapes"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path: Path, content: Tensors, message: str) -> None:
    torch.save({"model": content}, tmp_path / "odd.bin")
    with pytest.raises(WeightsError, match=message):
        load_foreign(tmp_path / "odd.bin")


def test_our_own_files_need_no_import(encoder: DSTformer, tmp_path: Path) -> None:
    save_weights(encoder, tmp_path / "own.safetensors", {})
    with pytest.raises(WeightsError, match="is a file of vidmotion already; pass it as `weights`"):
        load_foreign(tmp_path / "own.safetensors")
