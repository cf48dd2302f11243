"""A run on a machine that is lent for minutes: everything in one file, stopped in time, continued, brought back."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests import tiny_mocap
from tests.train.conftest import WEIGHTS, load_script

TINY = ("frames=54", "steps=6", "warmup=2", "bodies=0.0", "motion.mixed=0.0")


@pytest.fixture(scope="module")
def gpu_slot() -> ModuleType:
    return load_script("gpu_slot")


def test_arrays_are_packed_without_loss(gpu_slot: ModuleType) -> None:
    rng = np.random.default_rng(0)
    for values in (rng.integers(-(2**15), 2**15, (50, 17, 3)), np.cumsum(rng.integers(-3, 4, (500, 22, 3)), axis=0)):
        packed = values.astype(np.int16)
        np.testing.assert_array_equal(gpu_slot.decode(gpu_slot.encode(packed)), packed)


def test_motion_capture_comes_back_as_it_was(gpu_slot: ModuleType, tmp_path: Path) -> None:
    mocap = tiny_mocap.write_with_rotations(tmp_path / "mocap")
    gpu_slot.pack(tmp_path / "slot.zip", mocap, [])
    (again,) = gpu_slot.unpack(tmp_path / "slot.zip", tmp_path / "data")
    assert {path.name for path in again.iterdir()} == {path.name for path in mocap.iterdir()}
    for path in mocap.glob("*.npy"):
        np.testing.assert_array_equal(np.load(again / path.name), np.load(path))


def test_a_run_is_trained_in_one_slot(tmp_path: Path, gpu_slot: ModuleType) -> None:
    """The real command, as on a machine where vidmotion is not installed."""
    mocap = tiny_mocap.write_with_rotations(tmp_path / "mocap")
    gpu_slot.pack(tmp_path / "slot.zip", mocap, [])
    settings = [part for setting in TINY for part in ("--set", setting)]
    where = (str(tmp_path / "slot.zip"), str(tmp_path / "run"))
    command = [sys.executable, "-m", "weights.gpu_slot", "train", *where, "--minutes", "2", "--preset", "small"]
    found = subprocess.run([*command, *settings], cwd=WEIGHTS.parent, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "run" / "weights.safetensors").exists()
    assert "finished" in found.stdout
