"""Programs in processes of their own, and a small disk."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import tiny_mocap
from tests.data.importers.rigs import bvh
from tests.io.scene.scenes import embodied, scene_of, wander
from vidmotion.io.scene.formats import export

ROOT = Path(__file__).parents[2]
SECONDS = 100
"""After which a program hangs."""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `vidmotion` with arguments, or another module with `module`; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: object, module: str = "vidmotion") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            kill(process)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code and stderr of a program; a traceback is never right."""
    told = process.communicate(timeout=SECONDS)[1]
    assert "Traceback" not in told, told
    return process.returncode, told


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def wait_for(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait until something is seen while a program runs."""
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        assert process.poll() is None, end(process)
        time.sleep(0.005)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def age(folder: Path) -> None:
    """Make temporary files look as old as those that are litter for sure."""
    for path in folder.rglob(".vidmotion-*"):
        os.utime(path, (0, 0))


@pytest.fixture(scope="session")
def motions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of ten BVH files of 200 frames."""
    folder = tmp_path_factory.mktemp("motions")
    for number in range(10):
        (folder / f"{number}.bvh").write_text(bvh(200, 30))
    return folder


@pytest.fixture(scope="session")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene of two people for 20 s."""
    scene = scene_of(*(embodied(wander(600, number), number=number) for number in range(2)))
    return export(scene, tmp_path_factory.mktemp("motion") / "motion.npz")[0]


@pytest.fixture(scope="session")
def mocap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_mocap.write(tmp_path_factory.mktemp("mocap") / "tiny")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a disk of so many MiB; skips where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(size: int) -> Path:
        if sys.platform != "linux":
            pytest.skip("needs tmpfs")
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("may not mount a tmpfs")
        return folder

    yield mount
    if os.path.ismount(folder):
        subprocess.run(["umount", str(folder)], check=True)
