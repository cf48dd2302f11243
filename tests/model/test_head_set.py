"""Heads of several networks are found by kind and run with one encoding a network and pass."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vidmotion.model.checkpoint import load_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.head_set import HeadSet, _run
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import ACTION_FEATURES, MotionNetwork
from vidmotion.model.normalization import mirror, normalize
from vidmotion.weights import find_weights


def network(seed: int, *heads: HeadConfig, lifts: bool = True, window: int = 27) -> MotionNetwork:
    torch.manual_seed(seed)
    return MotionNetwork(DSTformer(DSTformerConfig(16, 16, 1, 2, 2.0, 17, window)), heads, lifts).eval()


@pytest.fixture
def tags() -> MotionNetwork:
    """Its encoder was trained further: it gives no joints."""
    return network(0, HeadConfig("action", 8, classes=("sit", "walk")), lifts=False, window=9)


@pytest.fixture
def lifter() -> MotionNetwork:
    return network(1, HeadConfig("action", 8, classes=("run", "jump", "fall")), HeadConfig("mesh", 8))


def test_the_first_network_that_has_a_head_gives_it(tags: MotionNetwork, lifter: MotionNetwork) -> None:
    head_set = HeadSet([tags, lifter])
    assert head_set.kinds == ("action", "pose3d", "mesh")
    assert head_set.network("action") is tags
    assert head_set.network("pose3d") is lifter
    assert head_set.action.config.classes == ("sit", "walk")
    assert head_set.mesh is lifter.heads["mesh"]
    assert (head_set.window(("pose3d",)), head_set.window(("pose3d", ACTION_FEATURES))) == (27, 9)


def test_a_missing_head_is_named(lifter: MotionNetwork) -> None:
    with pytest.raises(ValueError, match="no network has a head 'embedding'"):
        HeadSet([lifter]).run(torch.zeros(1, 9, 17, 3), ("pose3d", "embedding"))
    with pytest.raises(ValueError, match="no network has a head 'embedding'"):
        _ = HeadSet([lifter]).embedding


def test_outputs_are_those_of_each_network(
    tags: MotionNetwork, lifter: MotionNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.randn(2, 9, 17, 3)
    with torch.inference_mode():
        joints = lifter.encoder(x), lifter.encoder(mirror(x))
        logits = tags(x, None, ("action",)).action
    calls, represent = list[int](), DSTformer.represent

    def counted(self: DSTformer, *given: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return represent(self, *given)

    monkeypatch.setattr(DSTformer, "represent", counted)
    plain, mirrored = HeadSet([tags, lifter]).run(x, ("pose3d", "action", ACTION_FEATURES, "mesh"))
    assert len(calls) == 4  # two networks, two passes
    torch.testing.assert_close(plain.pose3d, joints[0], rtol=0, atol=0)
    torch.testing.assert_close(mirrored.pose3d, joints[1], rtol=0, atol=0)
    torch.testing.assert_close(plain.action, logits, rtol=0, atol=0)
    assert plain.action_features is not None
    assert plain.action_features.shape == (2, 9, 8)
    assert plain.mesh is not None
    assert plain.mesh.betas.shape == (2, 10)
    assert plain.embedding is None
    (alone,) = HeadSet([tags, lifter]).run(x, ("pose3d",), flip=False)
    torch.testing.assert_close(alone.pose3d, joints[0], rtol=0, atol=0)
    assert alone.mesh is None


def test_half_precision_changes_joints_by_less_than_half_a_millimetre(sample: Path) -> None:
    """What a GPU does, on a CPU; the weights that are released, the sample's motion."""
    weights, _ = load_network(find_weights(None))
    with np.load(sample.with_suffix(".npz"), allow_pickle=False) as truth:
        rays = torch.from_numpy((truth["joints_2d"][None, :120] - truth["center"]) / truth["focal"]).float()
    seen = normalize(rays, torch.ones(rays.shape[:-1]))
    with torch.inference_mode():
        full, half = (_run({weights: ("pose3d", "mesh")}, seen.x, half) for half in (False, True))
    assert full.pose3d is not None
    assert half.pose3d is not None
    assert half.pose3d.dtype == torch.float32
    roots = [pose[:, :, :1] for pose in (full.pose3d, half.pose3d)]
    difference = (full.pose3d - roots[0]) - (half.pose3d - roots[1])
    distance = 5.0  # of the person from the camera, metres: the true one is less
    assert 0 < difference.norm(dim=-1).mean() * seen.half * distance < 0.0005
