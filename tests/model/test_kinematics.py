"""Kinematic features: known poses give known angles and speeds, and what does not matter changes nothing."""

import math

import pytest
import torch
from torch import Tensor

from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import (
    CHANNELS,
    EMBEDDING,
    HeadConfig,
    KinematicEmbeddingHead,
    KinematicHead,
    TemporalHead,
    action_head,
)
from vidmotion.model.kinematics import FEATURES, kinematics
from vidmotion.model.network import MotionNetwork
from vidmotion.skeletons import H36M17

TINY = DSTformerConfig(16, 16, 1, 2, 2.0, 17, 27)
HEIGHT = 2.0
"""Of `standing`: shins, thighs, trunk and head, 0.5 each."""
SPEEDS, ROOT, ANGLES, POSTURE = slice(48, 64), slice(64, 67), slice(67, 79), slice(95, 99)


def standing(frames: int = 9) -> Tensor:
    """(1, T, 17, 3): facing the camera, arms down; x right, y down, so that the person's left is at +x."""
    places = {
        "root": (0, 0), "right_hip": (-0.1, 0), "right_knee": (-0.1, 0.5), "right_ankle": (-0.1, 1),
        "left_hip": (0.1, 0), "left_knee": (0.1, 0.5), "left_ankle": (0.1, 1), "spine": (0, -0.25), "thorax": (0, -0.5),
        "neck": (0, -0.75), "head": (0, -1), "left_shoulder": (0.2, -0.5), "left_elbow": (0.2, -0.2),
        "left_wrist": (0.2, 0.1), "right_shoulder": (-0.2, -0.5), "right_elbow": (-0.2, -0.2),
        "right_wrist": (-0.2, 0.1),
    }  # fmt: skip
    pose = torch.tensor([[*places[name], 0.0] for name in H36M17.joints])
    return pose.expand(1, frames, 17, 3).clone()


def test_a_standing_person() -> None:
    found = kinematics(standing())
    assert found.shape == (1, 9, FEATURES)
    assert (found[..., SPEEDS] == 0).all()
    torch.testing.assert_close(found[0, 0, 0:3], torch.tensor([-0.1, 0, 0]) / HEIGHT)  # the right hip
    knees = found[0, 0, ANGLES][:3]
    torch.testing.assert_close(knees, torch.tensor([math.pi, math.pi, 0.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(found[0, 0, POSTURE][1:], torch.tensor([1, 0.1, 0.1]) / HEIGHT)
    assert found[0, 0, POSTURE][0] < 0.05  # the trunk is upright


def test_a_bent_knee_and_a_moving_hand() -> None:
    pose, ankle, wrist = standing(), H36M17.joints.index("left_ankle"), H36M17.joints.index("right_wrist")
    pose[:, :, ankle] = torch.tensor([0.1, 0.5, 0.5])  # the shin points away from the camera
    pose[:, :, wrist, 0] += torch.arange(9) * 0.02  # 0.6 a second
    found = kinematics(pose)
    knees = found[0, 0, ANGLES][:3]
    torch.testing.assert_close(knees, torch.tensor([math.pi / 2, math.pi, -math.pi / 2]), atol=0.05, rtol=0)
    torch.testing.assert_close(found[0, :, SPEEDS][:, wrist - 1], torch.full((9,), 0.6 / HEIGHT))


def test_size_place_and_heading_change_nothing() -> None:
    torch.manual_seed(0)
    pose = standing() + 0.05 * torch.randn(1, 9, 17, 3)
    cos, sin = math.cos(1.1), math.sin(1.1)
    turn = torch.tensor([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    found = kinematics(pose)
    torch.testing.assert_close(kinematics(3 * pose + torch.tensor([5.0, -2, 1])), found, atol=1e-3, rtol=1e-3)
    turned = kinematics(pose @ turn.T)
    kept = [index for index in range(FEATURES) if not ROOT.start <= index < ROOT.stop]  # the picture does not turn
    torch.testing.assert_close(turned[..., kept], found[..., kept], atol=1e-3, rtol=1e-3)


def test_a_single_frame_and_points_in_one_place_are_finite() -> None:
    assert (kinematics(standing(1))[..., SPEEDS] == 0).all()
    assert kinematics(torch.zeros(2, 5, 17, 3)).isfinite().all()


def test_a_head_reads_the_pose_that_the_network_lifts() -> None:
    torch.manual_seed(0)
    config = HeadConfig("action", 8, classes=("a", "b"), dropout=0.5, pooling="kinematics")
    network, x = MotionNetwork(DSTformer(TINY), [config]).eval(), torch.randn(2, 9, 17, 3)
    out = network(x, None, ("pose3d", "action", "action_features"))
    head = network.heads["action"]
    assert isinstance(head, KinematicHead)
    torch.testing.assert_close(head.from_features(out.action_features.mean(1)), out.action, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(out.action_features[..., -2 * FEATURES : -FEATURES], kinematics(out.pose3d))
    for layer in head.last_layers:  # both parts count by half
        before = network(x, None, ("action",)).action
        with torch.no_grad():
            layer.bias.add_(torch.tensor([2.0, 0]))
        torch.testing.assert_close(network(x, None, ("action",)).action, before + torch.tensor([1.0, 0]))


def test_an_embedding_holds_the_kinematics_themselves() -> None:
    """At first their mean is 0 and their deviation 1, so that their part has the direction of the pooled features."""
    torch.manual_seed(0)
    network, x = (
        MotionNetwork(DSTformer(TINY), [HeadConfig("embedding", 8, pooling="kinematics")]),
        torch.randn(2, 9, 17, 3),
    )
    out = network.eval()(x, None, ("pose3d", "embedding", "embedding_features"))
    head = network.heads["embedding"]
    assert isinstance(head, KinematicEmbeddingHead)
    torch.testing.assert_close(head.from_features(out.embedding_features.mean(1)), out.embedding, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(out.embedding.norm(dim=-1), torch.ones(2))
    movement = kinematics(out.pose3d)
    pooled = torch.cat([movement.mean(1), (movement.var(1, correction=0) + 1e-4).sqrt()], -1).clamp(-4, 4)
    found, expected = out.embedding[:, EMBEDDING:], 0.8 / (1 + 0.8**2) ** 0.5
    torch.testing.assert_close(found, expected * torch.nn.functional.normalize(pooled, dim=-1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("pooling", "kind"), [("kinematics", KinematicHead), ("temporal", TemporalHead)])
def test_each_part_learns_alone_and_the_mean_counts(pooling: str, kind: type[KinematicHead]) -> None:
    torch.manual_seed(0)
    head = action_head(TINY, HeadConfig("action", 8, classes=("a", "b"), pooling=pooling))
    assert type(head) is kind
    biases = torch.arange(1.0, 1 + len(head.last_layers))
    with torch.no_grad():
        for layer, bias in zip(head.last_layers, biases, strict=True):
            layer.weight.zero_()
            layer.bias.fill_(bias)
    rep = torch.randn(4, 1, 9, 17, 19)
    torch.testing.assert_close(head.train()(rep), biases[:, None, None].expand(-1, 4, 2))
    torch.testing.assert_close(head.eval()(rep), biases.mean().expand(4, 2))


def test_only_temporal_convolutions_tell_the_order_of_movements() -> None:
    """A hand that rises and then moves sideways, twice, or the other way round: equal places and speeds."""
    torch.manual_seed(0)
    wrist = H36M17.joints.index("right_wrist")
    ramp, still = torch.linspace(0, 0.4, 13), torch.zeros(13)
    up = torch.stack([torch.cat([ramp, still + 0.4]), torch.cat([still, ramp])], -1)  # (26, 2)
    pose = standing(26)
    pose[:, :, wrist, 1] -= up[:, 0]
    pose[:, :, wrist, 0] -= up[:, 1]
    head = action_head(TINY, HeadConfig("action", 8, classes=("a", "b"), pooling="temporal")).eval()
    forwards, backwards = (
        head.features(torch.cat([torch.zeros(1, 26, 17, 16), each], -1))[0].mean(0) for each in (pose, pose.flip(1))
    )
    order, movement = slice(-2 * CHANNELS, None), slice(-2 * (CHANNELS + FEATURES), -2 * CHANNELS)
    for part, least, most in ((movement, 0.0, 0.01), (order, 0.05, math.inf)):
        assert least <= (forwards - backwards)[part].norm() / forwards[part].norm() < most
