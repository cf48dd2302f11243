"""What a bare GPU machine needs to be given stays small enough to copy there: weights/TRAINING.md."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST = 60 * 2**20


def test_checkout_and_motion_capture_fit_together(shared: Path) -> None:
    """Without released networks, from none of which training begins."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.split("\0") if name and not name.endswith(".safetensors")]
    files += [path for path in (shared / "mocap").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files if path.is_file()) < MOST
