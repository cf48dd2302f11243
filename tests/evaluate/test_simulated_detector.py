"""Simulated errors on the exact points of footage."""

from dataclasses import replace
from pathlib import Path

import torch

from tests import tiny_footage
from vidmotion.data.augment import NoiseRange
from vidmotion.data.store import read_store
from vidmotion.evaluate.simulated_detector import SimulatedFootage
from vidmotion.model.normalization import project

NONE = NoiseRange(jitter=0, sigma=(0, 0), uniform=0, bias=0, joint_mask=0, frame_mask=0)


def test_without_noise_points_are_exact(tmp_path: Path) -> None:
    windows = SimulatedFootage(read_store(tiny_footage.write(tmp_path / "store")), NONE, 243).all_frames(range(7))
    torch.testing.assert_close(windows.rays, project(windows.joints), atol=1e-6, rtol=0)


def test_noise_is_as_large_as_it_is_said_to_be(tmp_path: Path) -> None:
    """A bias alone, in half sides of the body's own square."""
    store = read_store(tiny_footage.write(tmp_path / "store", clips=40))
    seen = SimulatedFootage(store, replace(NONE, bias=0.05), 243)
    windows = seen.all_frames(range(seen.people))
    exact = project(windows.joints)
    size = (exact.amax(2) - exact.amin(2)).amax(-1).mean(1) / 2
    spread = ((windows.rays - exact)[:, 0] / size[:, None, None]).std()
    assert 0.045 < spread < 0.055
    again = SimulatedFootage(store, replace(NONE, bias=0.05), 243).all_frames(range(seen.people))
    assert torch.equal(again.rays, windows.rays)
