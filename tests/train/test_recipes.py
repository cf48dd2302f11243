"""Pretraining, actions and meshes learn from tiny data, go on from each other, and refuse what does not fit."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from tests import tiny_footage, tiny_mocap
from tests.train.conftest import CPU, MakeJob
from vidmotion.data.augment import NoiseRange
from vidmotion.data.footage_windows import FootageSampler, observe_footage
from vidmotion.data.store import read_store
from vidmotion.errors import InputError
from vidmotion.evaluate.metrics import joint_errors
from vidmotion.model import dstformer
from vidmotion.model.checkpoint import load_network, save_network
from vidmotion.model.dstformer import DSTformer
from vidmotion.model.heads import ActionHead, KinematicHead, TemporalHead
from vidmotion.model.network import MotionNetwork
from vidmotion.train.action_recipe import _LabelledSource, class_weights, clips_of, train_action, turns
from vidmotion.train.batches import Batch, BatchSource
from vidmotion.train.config import ActionConfig, ErrorConfig, MeshConfig, PretrainConfig
from vidmotion.train.encodings import Encodings
from vidmotion.train.error_recipe import error_loss, error_ratio, train_error
from vidmotion.train.mesh_recipe import train_mesh
from vidmotion.train.mocap_source import CaptureSource
from vidmotion.train.open_sources import FootageSource, open_sources
from vidmotion.train.pretrain_recipe import noise_at, train_pretrain

TINY = {"preset": "tiny", "seed": 1, "frames": 54, "warmup": 2, "ema": 0.9, "lr": 0.01}


def pretraining(**changes: object) -> PretrainConfig:
    return PretrainConfig(**{**TINY, **changes})  # type: ignore[arg-type]


def acting(**changes: object) -> ActionConfig:
    return ActionConfig(**{**TINY, "hidden": 16, **changes})  # type: ignore[arg-type]


def posing(**changes: object) -> MeshConfig:
    return MeshConfig(**{**TINY, "hidden": 16, **changes})  # type: ignore[arg-type]


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    return tiny_footage.write(tmp_path / "footage")


def flat_folder(folder: Path) -> Path:
    """A folder of 2D alone."""
    mocap = tiny_mocap.write(folder)
    joints = torch.rand(tiny_mocap.TOTAL, 17, 2, generator=torch.Generator().manual_seed(0)) * 100
    np.save(mocap / "tiny_xy.npy", joints.numpy().astype(np.float32))
    np.save(mocap / "tiny_score.npy", np.full((tiny_mocap.TOTAL, 17), 200, np.uint8))
    (mocap / "tiny_pos.npy").unlink()
    (mocap / "tiny_root.npy").unlink()
    rows = (mocap / "index.csv").read_text().splitlines()
    (mocap / "index.csv").write_text("\n".join([rows[0] + ",focal", *(row + ",300" for row in rows[1:])]) + "\n")
    return mocap


def test_pretraining_learns_from_3d_and_2d(job: MakeJob, tmp_path: Path) -> None:
    solid, flat = tiny_mocap.write(tmp_path / "solid"), flat_folder(tmp_path / "flat")
    path = train_pretrain(job("run", solid, flat), pretraining(steps=30, flat_from=0.3))
    log = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    assert "flat" not in log[0]
    assert "flat" in log[-1]
    assert load_network(path)[1]["task"] == "pretrain"
    with pytest.raises(InputError, match="pretraining needs 3D too"):
        train_pretrain(job("flat-run", flat), pretraining(steps=1))


def test_noise_grows_to_its_size() -> None:
    config = pretraining(steps=100, curriculum=0.5, noise=NoiseRange(bias=1.0, joint_mask=0.1))
    assert [round(noise_at(step, config).bias, 3) for step in (0, 25, 50, 99)] == [0.3, 0.65, 1.0, 1.0]
    assert noise_at(0, config).joint_mask == pytest.approx(0.03)


def test_classes_are_told_apart(job: MakeJob, footage: Path) -> None:
    path = train_action(job("run", footage), acting(steps=150, encoder_lr=1.0, frames=108))
    network, _ = load_network(path)
    sampler = FootageSampler(read_store(footage), CPU)
    seen = sampler.all_frames(range(sampler.people))
    normalized, _ = observe_footage(seen.rays, seen.score, seen.joints)
    output = network(normalized.x, torch.arange(30), ("action", "embedding"))
    classes = network.head_configs[0].classes
    assert classes == ("jump", "walk")  # people without a label are left out
    known = [index for index, label in enumerate(sampler.labels) if label]
    assert [classes[output.action[index].argmax()] for index in known] == [sampler.labels[index] for index in known]
    similarity = output.embedding @ output.embedding.T
    assert similarity[0, 1] > similarity[0, 2]  # both walk; the third jumps


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": ("walk",)}, r"setting heads: wanted action, embedding or both, received \['walk'\]"),
        ({"window": (0, 1)}, r"setting window: wanted frames and a stride of at least 1"),
        ({"hold_out": ("jmup",)}, r"no clip is of jmup; the data has jump, walk"),
    ],
)
def test_settings_that_do_not_fit_are_told(
    job: MakeJob, footage: Path, changes: dict[str, tuple[object, ...]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train_action(job("run", footage), acting(steps=1, **changes))


def test_held_out_classes_are_never_learned(job: MakeJob, footage: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs two classes at least, the data has walk"):
        train_action(job("run", footage), acting(steps=1, hold_out=("jump",)))
    unnamed = tiny_mocap.write(tmp_path / "mocap")
    with pytest.raises(InputError, match="the data has none"):
        train_action(job("run", unnamed), acting(steps=1))


def test_what_too_few_do_is_not_learned(job: MakeJob, footage: Path) -> None:
    """Two subjects walk, and two jump."""
    network, _ = load_network(train_action(job("run", footage), acting(steps=1, subjects=2)))
    assert network.head_configs[0].classes == ("jump", "walk")
    with pytest.raises(InputError, match="the data has none"):
        train_action(job("strict", footage), acting(steps=1, subjects=3))


def test_heads_learn_from_encodings_that_come_again(
    job: MakeJob, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is encoded once, and says the same as when it is encoded anew."""
    calls, represent = [], DSTformer.represent
    monkeypatch.setattr(DSTformer, "represent", lambda *args: calls.append(1) or represent(*args))
    kept = posing(steps=8, encoder_lr=0.0, encodings=4)
    train_mesh(job("kept", footage), kept)
    assert len(calls) == 4
    monkeypatch.setattr(Encodings, "find", lambda self, draw: None)
    train_mesh(job("anew", footage), kept)
    one, two = (load_network(footage.parent / run / "weights.safetensors")[0].state_dict() for run in ("kept", "anew"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    with pytest.raises(InputError, match="set encoder_lr=0"):
        posing(encodings=4)


def test_classes_are_drawn_equally(footage: Path) -> None:
    """Three walk, two jump, and the two who do nothing known, or nothing that is learned, are never drawn."""
    (source,) = open_sources([footage], acting(), CPU)
    rng = torch.Generator().manual_seed(0)
    for classes, expected in ((("jump", "walk"), {"jump": 0.5, "walk": 0.5}), (("jump",), {"jump": 1.0})):
        labelled = _LabelledSource(source, classes, CPU)
        drawn = [source.labels[int(item)] for item in source.choose(2000, rng, labelled.weights)]
        assert {label: drawn.count(label) / 2000 for label in set(drawn)} == pytest.approx(expected, abs=0.04)
    assert _LabelledSource(source, ("run",), CPU).classes == 0


def test_sources_take_turns_as_often_as_they_have_classes() -> None:
    """Of five classes, a source shows four and another one a single one: it gives every fifth batch."""
    assert turns([4, 1]) == [0, 0, 1, 0, 0]
    assert turns([2, 2]) == [0, 1, 0, 1]
    assert turns([3]) == [0, 0, 0]


def test_a_folder_that_is_named_twice_makes_its_classes_no_likelier(footage: Path) -> None:
    """Walk is in all three sources, jump in two of them: batch for batch, both count the same."""
    (source,) = open_sources([footage], acting(), CPU)
    both, walk = _LabelledSource(source, ("jump", "walk"), CPU), _LabelledSource(source, ("x", "walk"), CPU)
    weights = class_weights([both, both, walk])
    assert weights.tolist() == pytest.approx([1.2, 0.8])
    assert (both.classes, walk.classes) == (2, 1)


def test_common_classes_are_named_more_readily(job: MakeJob, footage: Path) -> None:
    """Three walk and two jump: the prior of exponent 1 adds log 1.5 to the difference of their scores."""
    biases = []
    for prior in (0.0, 1.0):
        path = train_action(job(f"prior-{prior}", footage), acting(prior=prior, steps=1, lr=1e-9))
        head = load_network(path)[0].heads["action"]
        assert isinstance(head, ActionHead)
        biases.append(head.fc2.bias.detach())
    np.testing.assert_allclose((biases[1] - biases[0]).diff(), [np.log(1.5)], atol=1e-3)  # files hold 16 bits


def test_a_folder_of_one_class_makes_it_as_likely_as_the_most_common() -> None:
    """1,000 exercises that were made do not say how often people exercise."""
    mixed, made = ["walk"] * 6 + ["jump"] * 2 + ["exercise", "", "other"], ["exercise"] * 1000
    classes = ("exercise", "jump", "walk")
    assert clips_of(classes, [mixed, mixed]).tolist() == [2, 4, 12]
    assert clips_of(classes, [mixed, made, made]).tolist() == [6, 2, 6]
    assert clips_of(("jump", "walk"), [["walk"] * 3, ["jump", ""]]).tolist() == [1, 3]  # all have a folder of their own


@pytest.mark.parametrize(("pooling", "kind"), [("kinematics", KinematicHead), ("temporal", TemporalHead)])
def test_kinematics_are_learned_on_a_frozen_encoder(
    job: MakeJob, footage: Path, pooling: Literal["kinematics", "temporal"], kind: type[ActionHead]
) -> None:
    start = train_action(job("first", footage), acting(steps=1, encoder_lr=0.0))
    config = acting(steps=4, heads=("action",), encoder_lr=0.0, pooling=pooling, window=(27, 1))
    before, after = (load_network(path)[0] for path in (start, train_action(job("run", footage, start=start), config)))
    assert type(after.heads["action"]) is kind
    one, two = (network.heads["embedding"].state_dict()["fc1.weight"] for network in (before, after))
    assert torch.equal(one, two)
    for changes in ({"encoder_lr": 0.1}, {"window": (27, 3)}):
        with pytest.raises(InputError, match=r"set encoder_lr=0 and window=\[81,1\]"):
            dataclasses.replace(config, **changes)


def test_an_action_head_that_only_stays_keeps_its_scores(job: MakeJob, footage: Path) -> None:
    """A new embedding beside it is no reason to add the prior again."""
    first = train_action(job("first", footage), acting(steps=1, heads=("action",)))
    beside = job("beside", footage, start=first)
    second = train_action(beside, acting(steps=1, heads=("embedding",), encoder_lr=0.0))
    one, two = (load_network(path)[0].heads["action"].state_dict() for path in (first, second))
    assert torch.equal(one["fc2.bias"], two["fc2.bias"])


def test_a_head_that_is_trained_further_gets_the_prior_once(job: MakeJob, footage: Path) -> None:
    still = acting(steps=1, lr=1e-9, heads=("action",), encoder_lr=0.0)
    first = train_action(job("first", footage), still)
    second = train_action(job("second", footage, start=first), still)
    one, two = (load_network(path)[0] for path in (first, second))
    torch.testing.assert_close(
        one.heads["action"].state_dict()["fc2.bias"],
        two.heads["action"].state_dict()["fc2.bias"],
        atol=1e-3,  # files hold 16 bits
        rtol=0,
    )
    assert np.ptp(one.head_configs[0].prior) > 0.2


def test_a_calibrated_head_is_trained_further(job: MakeJob, footage: Path) -> None:
    network, _ = load_network(train_action(job("first", footage), acting(steps=2, encoder_lr=0.0)))
    heads = [dataclasses.replace(head, temperature=2.5) for head in network.head_configs]
    calibrated = MotionNetwork(network.encoder, heads)
    calibrated.load_state_dict(network.state_dict())
    save_network(calibrated, footage.parent / "calibrated.safetensors", {})
    again = job("again", footage, start=footage.parent / "calibrated.safetensors")
    more, _ = load_network(train_action(again, acting(steps=1, lr=1e-9, encoder_lr=0.0)))
    torch.testing.assert_close(
        more.heads["action"].state_dict()["fc1.weight"],
        network.heads["action"].state_dict()["fc1.weight"],
        atol=1e-4,
        rtol=0,
    )
    assert more.head_configs[0].temperature == 1.0


@pytest.mark.parametrize("encodings", [3, 4])
def test_encodings_come_from_all_sources(
    job: MakeJob, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encodings: int
) -> None:
    """However many there are, in whatever number of steps."""
    mocap, seen = tiny_mocap.write_with_rotations(tmp_path / "mocap"), set[str]()
    for kind in (CaptureSource, FootageSource):

        def noted(self: BatchSource, *args: Any, sample: Any = kind.sample) -> Batch:
            seen.add(type(self).__name__)
            return sample(self, *args)

        monkeypatch.setattr(kind, "sample", noted)
    train_action(job("run", mocap, footage), acting(steps=8, encoder_lr=0.0, encodings=encodings))
    assert seen == {"CaptureSource", "FootageSource"}


def test_a_body_is_posed(job: MakeJob, tmp_path: Path) -> None:
    footage = tiny_footage.write(tmp_path / "acting", joints_of=tiny_footage.body_joints_of)
    path = train_mesh(job("run", footage), posing(steps=150, encoder_lr=1.0))
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    first, last = (sum(line["mpjpe_mm"] for line in part) / 5 for part in (log[:5], log[-5:]))
    assert last < 0.9 * first
    assert load_network(path)[0].head_configs[0].body == "freebody"
    with pytest.raises(InputError, match="holds no rotations"):
        train_mesh(job("other", tiny_mocap.write(tmp_path / "mocap")), posing(steps=1))


def test_heads_gather_on_a_frozen_encoder(job: MakeJob, footage: Path) -> None:
    first = train_action(job("action", footage), acting(steps=2, encoder_lr=0.0))
    both = train_mesh(job("mesh", footage, start=first), posing(steps=2, encoder_lr=0.0))
    one, two = load_network(first)[0], load_network(both)[0]
    assert sorted(two.heads) == ["action", "embedding", "mesh"]
    for name, value in one.state_dict().items():
        assert torch.equal(value, two.state_dict()[name]), name
    changed = train_mesh(job("moved", footage, start=both), posing(steps=2))
    assert sorted(load_network(changed)[0].heads) == ["mesh"]  # the others read an encoder that is gone


def test_a_head_goes_on_from_its_file(job: MakeJob, footage: Path) -> None:
    first = train_mesh(job("first", footage), posing(steps=30, encoder_lr=0.0))
    second = train_mesh(job("second", footage, start=first), posing(steps=1, lr=1e-9, encoder_lr=0.0))
    one, two = (load_network(path)[0].heads["mesh"].state_dict() for path in (first, second))
    torch.testing.assert_close(one["head_pose.weight"], two["head_pose.weight"], atol=1e-3, rtol=1e-2)


def test_heads_resume_bit_for_bit(job: MakeJob, footage: Path) -> None:
    """Dropout and batch statistics too."""
    held = acting(steps=6, schedule="exponential", gamma=1.0, decay=0.0)
    whole = train_action(job("whole", footage), held)
    train_action(job("parts", footage), dataclasses.replace(held, steps=3))
    parts = train_action(job("parts", footage, resume=True), held)
    one, two = (load_network(path)[0].state_dict() for path in (whole, parts))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_loss_of_expected_errors_is_smallest_at_the_mean() -> None:
    distance = torch.rand(1, 50, 2, generator=torch.Generator().manual_seed(3))
    mean = float(distance[..., 1].mean())  # joint 0 does not count
    losses = [float(error_loss(torch.full((1, 50, 2), mean * share).log(), distance)) for share in (0.9, 1.0, 1.1)]
    assert losses[1] < min(losses[0], losses[2])
    assert losses[1] == pytest.approx(np.log(mean) + 1)


def test_expected_errors_are_learned_and_scaled(job: MakeJob, footage: Path, tmp_path: Path) -> None:
    """Of people who are lifted badly by an untrained encoder, and who are not in the training data."""
    save_network(MotionNetwork(DSTformer(dstformer.PRESETS["tiny"])), tmp_path / "start.safetensors", {})
    held_out = tiny_footage.write(tmp_path / "held-out")
    config = ErrorConfig(**{**TINY, "lr": 0.03}, steps=200, hidden=16, encodings=8, calibration=str(held_out))  # type: ignore[arg-type]
    network, _ = load_network(train_error(job("run", footage, start=tmp_path / "start.safetensors"), config))
    assert network.kinds == ("pose3d", "error")
    sampler = FootageSampler(read_store(held_out), CPU)
    assert error_ratio(network, sampler) == pytest.approx(1, abs=0.02)  # stored in half precision
    seen = sampler.all_frames(range(sampler.people))
    normalized, view = observe_footage(seen.rays, seen.score, seen.joints)
    output = network(normalized.x, None, ("pose3d", "error"))
    expected, true = output.error.exp()[..., 1:].mean((0, 1)), joint_errors(output.pose3d, view.target)[..., 1:]
    assert np.corrcoef(expected.detach(), true.mean((0, 1)).detach())[0, 1] > 0.7


def test_expected_errors_need_a_network_that_lifts(job: MakeJob, footage: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pass `from`, its weights"):
        train_error(job("run", footage), ErrorConfig(preset="tiny"))
    start = tmp_path / "start.safetensors"
    save_network(MotionNetwork(DSTformer(dstformer.PRESETS["tiny"]), lifts=False), start, {})
    with pytest.raises(InputError, match="no head for 3D joints"):
        train_error(job("run", footage, start=start), ErrorConfig(preset="tiny"))
    with pytest.raises(InputError, match="no folder of footage"):
        train_error(job("run", footage, start=start), ErrorConfig(preset="tiny", calibration=str(tmp_path / "no")))
    with pytest.raises(InputError, match="frozen encoder"):
        ErrorConfig(encoder_lr=0.1)
