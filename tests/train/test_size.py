"""What training on a bare GPU machine needs stays small enough to be copied there: weights/TRAINING.md."""

import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST = 60 * 2**20
"""Bytes; 64 MiB can be copied."""
LEFT_OUT = ("*.safetensors", "weights/detectors/*")
"""Networks: training reads none of them unless it begins with one."""


def test_checkout_and_motion_capture_fit_together(shared: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    names = [name for name in listed.stdout.split("\0") if name]
    files = [ROOT / name for name in names if not any(fnmatch(name, pattern) for pattern in LEFT_OUT)]
    files += [path for path in (shared / "mocap").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.is_file()) < MOST
