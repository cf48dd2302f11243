"""The columns that users of MediaPipe write."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vidmotion.skeletons import BLAZEPOSE33
from vidmotion.tracking.imported_keypoints import read_keypoints

HEADERS: dict[str, Callable[[int, str], tuple[str, ...]]] = {
    "from 0": lambda place, name: (f"x{place}", f"y{place}", f"z{place}", f"v{place}"),
    "from 1": lambda place, name: (f"x{place + 1}", f"y{place + 1}", f"z{place + 1}", f"v{place + 1}"),
    "numbered": lambda place, name: tuple(f"landmark_{place}_{part}" for part in ("x", "y", "z", "visibility")),
    "capitals": lambda place, name: tuple(f"{name.upper()}_{part}" for part in ("x", "y", "z", "visibility")),
    "before": lambda place, name: tuple(f"{part}_{name.upper()}" for part in ("X", "Y", "Z", "visibility")),
    "dots": lambda place, name: tuple(f"{name}.{part}" for part in ("x", "y", "z", "v")),
}
WANTED = np.stack([[100.0 + 9 * place, 60.0 + 7 * place] for place in range(33)])


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("scale", [(640, 480), (1, 1)], ids=["shares", "pixels"])
def test_a_row_for_each_frame(header: str, scale: tuple[int, int], tmp_path: Path) -> None:
    columns = [column for place, name in enumerate(BLAZEPOSE33.joints) for column in HEADERS[header](place, name)]
    cells = [str(value) for xy in WANTED / scale for value in (*xy, 0.2, 0.75)]
    path = tmp_path / "x.csv"
    rows = [["class", "Frame", *columns], *(["squat", str(frame), *cells] for frame in (4, 5))]
    path.write_text("\n".join(map(",".join, rows)))
    (person,) = read_keypoints(path, fps=30, size=(640, 480)).people
    assert person.track.frames.tolist() == [4, 5]
    np.testing.assert_allclose(person.track.keypoints.xy[0], WANTED, atol=1e-3)
    np.testing.assert_allclose(person.track.keypoints.score, 0.75)


def test_blank_cells_are_missing_points_and_numbers_name_landmarks(tmp_path: Path) -> None:
    rows = [f"0,{place},{100 + place},{60 + 9 * place}" for place in range(33)]
    rows[15] = "0,15,,"
    path = tmp_path / "x.csv"
    path.write_text("frame_id,landmark_id,x,y\n" + "\n".join(rows))
    (person,) = read_keypoints(path, fps=30, size=(640, 480)).people
    assert np.flatnonzero(person.track.keypoints.score[0] == 0).tolist() == [15]
    assert person.track.keypoints.xy[0, 32].tolist() == [132, 348]
