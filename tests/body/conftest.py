"""Small bodies and files of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidmotion.body.load import free_body
from vidmotion.body.model import BodyModel


@pytest.fixture(scope="session")
def body() -> BodyModel:
    return free_body()


@pytest.fixture
def body_file(body: BodyModel, tmp_path: Path) -> Callable[..., Path]:
    """Write the free body as if it were a user's own file, with some arrays changed."""

    def write(name: str = "SMPL_MINE.npz", **changes: Any) -> Path:
        arrays = {
            "v_template": body.template,
            "shapedirs": body.shape_directions,
            "posedirs": np.zeros((len(body.template), 3, 207), np.float32),
            "J_regressor": body.regressor,
            "weights": body.weights,
            "f": body.faces.astype(np.uint32),
            "kintree_table": np.array([body.parents, range(24)]).astype(np.uint32),
        } | changes
        path = tmp_path / name
        np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
        return path

    return write
