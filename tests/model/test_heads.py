"""Heads, rotations, and files of networks with heads."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from vidmotion.errors import WeightsError
from vidmotion.geometry import rotations
from vidmotion.geometry.rotations_torch import (
    axis_angle_to_matrix,
    matrix_to_rotation_6d,
    mean_rotation,
    mirror_rotations,
    rotation_6d_to_matrix,
)
from vidmotion.model.checkpoint import load_network, load_weights, save_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import HEADS, ActionHead, EmbeddingHead, HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import SMPL24

TINY = DSTformerConfig(16, 16, 1, 2, 2.0, 17, 27)
ALL = (
    HeadConfig("action", 8, classes=("walk", "run", "sit"), dropout=0.5),
    HeadConfig("embedding", 8, dropout=0.1),
    HeadConfig("mesh", 8, body="free", dropout=0.1),
)


def network() -> MotionNetwork:
    torch.manual_seed(0)
    return MotionNetwork(DSTformer(TINY), ALL).eval()


def random_turns(*shape: int) -> Tensor:
    return torch.randn(*shape, 3, generator=torch.Generator().manual_seed(1)) * 2


@pytest.mark.parametrize("config", [*ALL[:2], HeadConfig("action", 8, classes=("a", "b"), pooling="mean_std")])
def test_mean_features_give_the_output_of_the_whole_head(config: HeadConfig) -> None:
    """Linear layers and means may change places."""
    torch.manual_seed(0)
    head, rep = HEADS[config.kind](TINY, config).eval(), torch.randn(2, 9, 17, 16)
    assert isinstance(head, ActionHead | EmbeddingHead)
    torch.testing.assert_close(head.from_features(head.features(rep).mean(1)), head(rep[:, None]), atol=1e-5, rtol=1e-5)


def test_an_action_head_may_tell_motion_from_its_mean() -> None:
    """Frames in another order are the same to it; frames that keep the mean and move more are not."""
    torch.manual_seed(0)
    config = HeadConfig("action", 8, classes=("a", "b"), pooling="mean_std")
    head, rep = ActionHead(TINY, config).eval(), torch.randn(1, 1, 6, 17, 16)
    mean = rep.mean(2, keepdim=True)
    torch.testing.assert_close(head(rep.flip(2)), head(rep), atol=1e-5, rtol=1e-5)
    assert (head(mean + 2 * (rep - mean)) - head(rep)).abs().max() > 0.01
    spread = (head.fc1(rep.flatten(3)) - head.fc1(mean.flatten(3))).square().mean(2).add(1e-4).sqrt()[0]
    normed = head.norm(torch.cat([head.fc1(mean.flatten(3))[0, 0], spread], -1))
    torch.testing.assert_close(head(rep), head.fc2(torch.relu(normed)), atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="unknown pooling 'max'"):
        HeadConfig("action", 8, pooling="max")


def test_one_encoding_serves_all_heads(monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = network(), torch.randn(2, 9, 17, 3)
    calls, represent = [], DSTformer.represent

    def counted(self: DSTformer, *given: Tensor) -> Tensor:
        calls.append(given)
        return represent(self, *given)

    monkeypatch.setattr(DSTformer, "represent", counted)
    out = model(x, None, ("pose3d", "action", "embedding", "mesh"))
    assert len(calls) == 1
    assert out.pose3d.shape == (2, 9, 17, 3)
    assert out.action.shape == (2, 3)
    torch.testing.assert_close(out.embedding.norm(dim=-1), torch.ones(2))
    assert out.mesh.columns.shape == (2, 9, 24, 6)
    assert out.mesh.betas.shape == (2, 10)
    torch.testing.assert_close(out.pose3d, model.encoder(x))
    assert model(x, None, ("action",)).mesh is None


def test_who_is_absent_adds_nothing_but_zeros() -> None:
    head = network().heads["action"]
    rep = torch.randn(2, 1, 9, 17, 16)
    twice = head(rep.expand(2, 2, 9, 17, 16))
    torch.testing.assert_close(twice, head(rep))
    half = head(torch.cat([2 * rep, torch.zeros_like(rep)], 1))
    torch.testing.assert_close(half, head(rep))


def test_an_untrained_mesh_stands_upright_and_faces_the_camera() -> None:
    turns = rotation_6d_to_matrix(network()(torch.randn(1, 9, 17, 3), None, ("mesh",)).mesh.columns)
    down, front = turns[0, 0, 0] @ torch.tensor([0.0, -1, 0]), turns[0, 0, 0] @ torch.tensor([0.0, 0, 1])
    assert down[1] > 0.95  # y points down in camera axes
    assert front[2] < -0.95  # z away from the camera


def test_files_keep_heads(tmp_path: Path) -> None:
    model, x, path = network(), torch.randn(2, 9, 17, 3), tmp_path / "w.safetensors"
    save_network(model, path, {"task": "all"}, half=False)
    again, notes = load_network(path)
    assert notes == {"task": "all"}
    assert again.head_configs == ALL
    before, after = (net(x, None, ("pose3d", "action", "mesh")) for net in (model, again))
    torch.testing.assert_close(before.action, after.action)
    torch.testing.assert_close(before.mesh.columns, after.mesh.columns)
    torch.testing.assert_close(load_weights(path)[0](x), before.pose3d)


def test_files_with_wrong_heads_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_network(network(), path, {})
    tensors = load_file(path)
    config = json.dumps(asdict(TINY))
    header = {"format": "vidmotion.dstformer/1", "config": config}
    save_file(tensors, path, {**header, "heads": "[]"})
    with pytest.raises(WeightsError, match=r"tensors do not fit the network: \d+ unknown \(action"):
        load_network(path)
    for heads in ('[{"kind": "dance", "hidden": 8, "classes": []}]', '[{"kind": "mesh"}]', "{"):
        save_file(tensors, path, {**header, "heads": heads})
        with pytest.raises(WeightsError, match="damaged config in the header"):
            load_network(path)


def test_axis_angles_agree_with_numpy() -> None:
    turns = torch.cat([random_turns(50), torch.zeros(1, 3), torch.full((1, 3), 1e-9)]).double()
    np.testing.assert_allclose(
        axis_angle_to_matrix(turns).numpy(), rotations.axis_angle_to_matrix(turns.numpy()), atol=1e-12
    )


def test_six_numbers_are_a_rotation() -> None:
    turns = axis_angle_to_matrix(random_turns(20))
    torch.testing.assert_close(rotation_6d_to_matrix(matrix_to_rotation_6d(turns)), turns)
    free = rotation_6d_to_matrix(torch.randn(20, 6))
    torch.testing.assert_close(free @ free.mT, torch.eye(3).expand(20, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.det(free), torch.ones(20))


def test_a_mirrored_body_has_mirrored_joints() -> None:
    """By hand: points of a chain of bones whose rest is its own mirror image."""
    rest = torch.randn(24, 3, generator=torch.Generator().manual_seed(2))
    mirror, flip = list(SMPL24.mirror), torch.tensor([-1.0, 1.0, 1.0])
    rest = (rest + rest[mirror] * flip) / 2

    def places(turns: Tensor) -> Tensor:
        world, out = [turns[0]], [rest[0]]
        for joint, parent in enumerate(SMPL24.parents[1:], start=1):
            out.append(out[parent] + world[parent] @ (rest[joint] - rest[parent]))
            world.append(world[parent] @ turns[joint])
        return torch.stack(out)

    turns = axis_angle_to_matrix(random_turns(24))
    torch.testing.assert_close(places(mirror_rotations(turns)), places(turns)[mirror] * flip, atol=1e-5, rtol=1e-5)


def test_the_rotation_in_the_middle() -> None:
    axis, start = torch.nn.functional.normalize(random_turns(10), dim=-1), axis_angle_to_matrix(random_turns(10))
    angles = torch.linspace(0.1, 3.0, 10)[:, None]
    end, middle = start @ axis_angle_to_matrix(axis * angles), start @ axis_angle_to_matrix(axis * angles / 2)
    torch.testing.assert_close(mean_rotation(start, end), middle, atol=1e-5, rtol=1e-5)
