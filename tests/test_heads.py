"""`lift` with several heads: one encoding, tags, bodies, and what is said when a head is not there."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.test_lifting import SIZE, track
from vidmotion.choices import Head
from vidmotion.errors import InputError, WeightsError
from vidmotion.model.checkpoint import save_network
from vidmotion.model.dstformer import DSTformer, DSTformerConfig
from vidmotion.model.heads import HeadConfig
from vidmotion.model.network import MotionNetwork
from vidmotion.pipeline import Pipeline, Settings
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
    alone = Pipeline(Settings(weights=str(weights))).lift(scene(rate)).people[0]
    once = len(calls)
    everything = Pipeline(Settings(weights=str(weights), heads=tuple(Head))).lift(scene(rate))
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


def test_a_head_that_is_not_there_is_told_where_it_is(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_network(MotionNetwork(DSTformer(TINY)), tmp_path / "bare.safetensors", {})
    pipeline = Pipeline(Settings(weights=str(tmp_path / "bare.safetensors"), heads=(Head.mesh,)))
    monkeypatch.setenv("VIDMOTION_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError, match=r"has no head 'mesh' \(it has pose3d\); use --weights all"):
        pipeline.lift(scene())


def test_another_body_than_the_heads_is_refused(weights: Path, tmp_path: Path) -> None:
    save_network(
        MotionNetwork(DSTformer(TINY), [HeadConfig("mesh", 8, body="smpl")]), tmp_path / "smpl.safetensors", {}
    )
    pipeline = Pipeline(Settings(weights=str(tmp_path / "smpl.safetensors"), heads=(Head.mesh,)))
    with pytest.raises(InputError, match="the head for meshes poses smpl, not freebody"):
        pipeline.lift(scene())
