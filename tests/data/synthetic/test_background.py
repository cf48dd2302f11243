"""Background pictures from a folder of the user's."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

import cv2

from vidmotion.data.synthetic import background
from vidmotion.errors import InputError


def test_pictures_of_a_folder_are_found_and_cut(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "b.png"), np.full((90, 400, 3), (10, 20, 200), np.uint8))
    (tmp_path / "notes.txt").touch()
    (path,) = background.find_pictures(tmp_path)
    picture = background.photo(path, np.random.default_rng(0))
    assert picture.shape == (background.HEIGHT, background.WIDTH, 3)
    np.testing.assert_array_equal(picture[5, 5], [200, 20, 10])


def test_bad_folders_and_pictures_are_named(tmp_path: Path) -> None:
    assert background.find_pictures(None) == ()
    with pytest.raises(InputError, match="holds no pictures"):
        background.find_pictures(tmp_path)
    (tmp_path / "a.jpg").write_text("no picture")
    (path,) = background.find_pictures(tmp_path)
    with pytest.raises(InputError, match=r"a\.jpg cannot be read as a picture"):
        background.photo(path, np.random.default_rng(0))
