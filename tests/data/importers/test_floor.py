"""Motion is put on the floor, whatever height its program takes for 0."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data.importers.rigs import bvh
from vidmotion.data.importers.floor import on_floor
from vidmotion.data.mocap import read_mocap

Run = Callable[..., tuple[int, str]]
ANKLES = [3, 6]


@pytest.mark.parametrize("height", [-0.4, 0.3])
def test_a_floor_at_another_height_is_moved_to_0_and_told(height: float, data: Run, tmp_path: Path) -> None:
    """Ten percent of the frames are in the air, and one lies below the floor."""
    path = np.tile([0.0, 91.5 + 100 * height, 0.0], (40, 1))
    path[10:14, 1] += 50
    path[20, 1] -= 20
    (tmp_path / "a.bvh").write_text(bvh(40, 30, path=path))
    code, message = data("import", "bvh", tmp_path / "a.bvh", "-o", tmp_path / "out")
    assert (code, f"its floor is at {height:.2f} m and is moved to 0" in message) == (0, True), message
    ankles = read_mocap(tmp_path / "out", "train").clip(0).numpy()[:, ANKLES, 1]
    assert ankles[0] == pytest.approx(0.039 * 1.75, abs=0.01)
    np.testing.assert_allclose(ankles - ankles[0], np.repeat(path[:, 1:2] - path[0, 1], 2, 1) / 100, atol=2e-4)


def test_a_floor_that_is_nearly_right_stays(data: Run, tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(bvh(3, 30, path=np.tile([0.0, 93.0, 0.0], (3, 1))))
    _, message = data("import", "bvh", tmp_path / "a.bvh", "-o", tmp_path / "out")
    assert "moved to 0" not in message
    assert read_mocap(tmp_path / "out", "train").clip(0)[0, 0, 1] == pytest.approx(0.88, abs=1e-5)


def test_a_handstand_stands_on_its_hands() -> None:
    standing = np.zeros((5, 17, 3))
    heights = {0: 0.9, 1: 0.9, 2: 0.48, 3: 0.07, 4: 0.9, 5: 0.48, 6: 0.07, 7: 1.15, 8: 1.4, 9: 1.55, 10: 1.7,
               11: 1.4, 12: 1.65, 13: 1.95, 14: 1.4, 15: 1.65, 16: 1.95}  # fmt: skip
    standing[:, list(heights), 1] = list(heights.values())
    told: list[str] = []
    joints = on_floor(-standing, told.append)
    assert joints[:, [13, 16], 1] == pytest.approx(0.018 * 1.7, abs=0.01)
    assert told == ["its floor is at -1.98 m and is moved to 0"]
