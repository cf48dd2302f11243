"""`lift` with several heads: one encoding, tags, bodies, and errors for missing heads."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.lifting.test_lift import SIZE, track
from vidmotion.choices import Head
from vidmotion.errors import InputError, WeightsError
from vidmotion.geometry.rotations import axis_angle_to_matrix
from vidmotion.lifting.lift import lift_tracks
from vidmotion.model.checkpoint import load_network, save_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.head_set import HeadSet
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.pipeline import Pipeline
from vidmotion.settings import LiftSettings, Settings
from vidmotion.types import Person, Scene

TINY = DSTformerConfig(16, 16, 1, 2, 2.0, 17, 243)
HEADS = (
    HeadConfig("action", 8, classes=("walk", "run")),
    HeadConfig("embedding", 8),
    HeadConfig("mesh", 8, body="freebody"),
)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_network(MotionNetwork(DSTformer(TINY), HEADS), tmp_path / "all.safetensors", {})
    return tmp_path / "all.safetensors"


def scene(rate: float = 30.0) -> Scene:
    times = np.arange(int(10 * rate)) / rate
    return Scene("video.mp4", Fraction(round(rate)), SIZE, len(times), (Person(track(times)),))


@pytest.mark.parametrize("rate", [30.0, 50.0])
def test_all_heads_read_one_encoding(weights: Path, monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    calls, represent = [], DSTformer.represent
    monkeypatch.setattr(DSTformer, "represent", lambda *args: calls.append(1) or represent(*args))
    alone = Pipeline(Settings(weights=(str(weights),))).lift(scene(rate)).people[0]
    once = len(calls)
    everything = Pipeline(Settings(weights=(str(weights),), heads=tuple(Head))).lift(scene(rate))
    person = everything.people[0]
    assert len(calls) == 2 * once
    assert alone.actions is None
    assert alone.motion
    assert person.motion
    np.testing.assert_array_equal(person.motion.joints, alone.motion.joints)
    assert person.actions
    assert person.actions.labels == ("walk", "run")
    assert person.actions.segments[-1].end == person.track.times[-1]
    assert person.body
    assert everything.provenance["heads"] == ["pose3d", "action", "mesh"]


def test_a_missing_head_is_named_with_the_file_that_has_it(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_network(MotionNetwork(DSTformer(TINY)), tmp_path / "bare.safetensors", {})
    pipeline = Pipeline(Settings(weights=(str(tmp_path / "bare.safetensors"),), heads=(Head.mesh,)))
    monkeypatch.setenv("VIDMOTION_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=r"no head 'mesh': .*bare.safetensors has pose3d; use `weights=all`"):
        pipeline.lift(scene())


def test_another_body_than_the_heads_is_refused(weights: Path, tmp_path: Path) -> None:
    save_network(
        MotionNetwork(DSTformer(TINY), [HeadConfig("mesh", 8, body="smpl")]), tmp_path / "smpl.safetensors", {}
    )
    pipeline = Pipeline(Settings(weights=(str(tmp_path / "smpl.safetensors"),), heads=(Head.mesh,)))
    with pytest.raises(InputError, match="poses SMPL, not freebody; pass your SMPL file as `body_model`"):
        pipeline.lift(scene())


def test_heads_of_several_files_are_read_together(weights: Path, tmp_path: Path) -> None:
    """Joints of one network, tags of another, whose own joints are stale."""
    torch.manual_seed(1)
    other = MotionNetwork(DSTformer(TINY), [HeadConfig("action", 8, classes=("sit", "stand"))], lifts=False)
    save_network(other, tmp_path / "tags.safetensors", {})
    alone = Pipeline(Settings(weights=(str(weights),))).lift(scene()).people[0]
    pair = (str(tmp_path / "tags.safetensors"), str(weights))
    both = Pipeline(Settings(weights=pair, heads=(Head.pose3d, Head.action))).lift(scene())
    person = both.people[0]
    assert alone.motion
    assert person.motion
    np.testing.assert_array_equal(person.motion.joints, alone.motion.joints)
    assert person.actions
    assert person.actions.labels == ("sit", "stand")
    assert [card["file"] for card in both.provenance["networks"]] == ["tags.safetensors", "all.safetensors"]
    with pytest.raises(WeightsError, match=r"no head 'pose3d': .*tags.safetensors has action"):
        Pipeline(Settings(weights=pair[:1], heads=(Head.action,))).lift(scene())


def test_without_refinement_the_body_is_the_head_s_own(weights: Path) -> None:
    weight = str(weights)
    settings = [Settings(weights=(weight,), heads=(Head.mesh,), refine=refine, hands=False) for refine in (True, False)]
    refined, raw = (Pipeline(each).lift(scene()).people[0] for each in settings)
    assert refined.body
    assert raw.body
    assert refined.body.error.mean() < raw.body.error.mean()
    lifted = lift_tracks(HeadSet([load_network(weights)[0]]), [raw.track], SIZE, LiftSettings(), ("mesh",))[0]
    assert lifted.guess
    np.testing.assert_allclose(axis_angle_to_matrix(raw.body.pose[:, :22]), lifted.guess.rotations[:, :22], atol=1e-4)
    np.testing.assert_array_equal(raw.body.betas, lifted.guess.betas)
    with pytest.raises(InputError, match="pass `heads=mesh` too"):
        Pipeline(Settings(weights=(str(weights),), refine=False)).lift(scene())
