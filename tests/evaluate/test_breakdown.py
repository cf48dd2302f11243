"""Signed errors of angles, checked on a stick figure whose knees and trunk are bent by known angles."""

import torch

from vidmotion.evaluate.breakdown import break_down
from vidmotion.skeletons import H36M17

DOWN = {"hip": 0.0, "knee": 0.45, "ankle": 0.9, "shoulder": -0.5, "elbow": -0.2, "wrist": 0.05}


def _figure(knee: float, lean: float = 0.0) -> torch.Tensor:
    """(17, 3) metres, y down: arms and legs hang down, but the shins are bent back to `knee` degrees."""
    pose = torch.zeros(17, 3)
    for name, height in (("spine", -0.25), ("thorax", -0.5), ("neck", -0.65), ("head", -0.8)):
        pose[H36M17.joints.index(name), 1] = height
    for side, x in (("left", 0.1), ("right", -0.1)):
        for part, height in DOWN.items():
            pose[H36M17.joints.index(f"{side}_{part}")] = torch.tensor([x, height, 0.0])
        bend = torch.deg2rad(torch.tensor(180 - knee))
        pose[H36M17.joints.index(f"{side}_ankle")] = torch.stack(
            [torch.tensor(x), 0.45 + 0.45 * bend.cos(), 0.45 * bend.sin()]
        )
    turn = torch.deg2rad(torch.tensor(lean))
    cos, sin = turn.cos(), turn.sin()
    return pose @ torch.tensor([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def test_knees_that_are_bent_too_much() -> None:
    truth, predicted = torch.stack([_figure(175), _figure(100)]), torch.stack([_figure(165), _figure(104)])
    knees = break_down(predicted, truth, torch.tensor([10.0, 20.0]))["error of knees, degrees"]
    torch.testing.assert_close(knees["170 to 180"], torch.tensor([-10.0, -10.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(knees["90 to 120"], torch.tensor([4.0, 4.0]), atol=1e-3, rtol=0)
    assert not any(len(values) for name, values in knees.items() if name not in ("170 to 180", "90 to 120"))


def test_straight_joints_are_counted() -> None:
    """180 degrees, which rounding may exceed, belongs to the last range."""
    figure = _figure(180)[None]
    found = break_down(figure, figure, torch.zeros(1))
    for joint in ("knees", "elbows", "trunks", "hips"):
        assert sum(len(values) for values in found[f"error of {joint}, degrees"].values()) == (
            1 if joint == "trunks" else 2
        )


def test_postures() -> None:
    truth = torch.stack([_figure(175, lean) for lean in (0, 30, 90, 180)])
    found = break_down(truth, truth, torch.arange(4.0))["mpjpe, mm"]
    assert {name: values.tolist() for name, values in found.items()} == {
        "upright": [0, 1], "lying or bent": [2], "upside down": [3],
    }  # fmt: skip
