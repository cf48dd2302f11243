"""Imports point one way, and cost nothing where nothing is needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import vidmotion

PACKAGE = Path(vidmotion.__file__).parent
FIRST = {"types", "errors", "choices", "skeletons", "geometry", "progress"}
ALLOWED = {
    "types": set(),
    "errors": set(),
    "choices": set(),
    "progress": set(),
    "settings": {"choices", "errors"},
    "skeletons": {"types", "errors"},
    "geometry": {"skeletons", "types"},
    "weights": FIRST | {"io"},
    "devices": FIRST,
    "video": FIRST | {"io"},
    "body": FIRST | {"io"},
    "io": FIRST | {"body"},
    "detectors": FIRST | {"weights", "devices"},
    "tracking": FIRST | {"detectors", "io", "settings", "video"},
    "model": FIRST | {"io"},
    "lifting": FIRST | {"body", "model", "settings"},
    "actions": FIRST | {"io", "model"},
    "rendering": FIRST | {"video"},
    "live": FIRST | {"detectors", "lifting", "model", "rendering", "settings", "tracking", "video"},
    "data": FIRST | {"body", "detectors", "io", "model", "tracking"},
    "evaluate": FIRST | {"body", "model", "data", "tracking"},
    "train": FIRST | {"body", "data", "evaluate", "io", "model"},
}


def imports(path: Path) -> set[str]:
    """The rooms of vidmotion that a file imports."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "vidmotion":
            names = [f"vidmotion.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("vidmotion.")}
    return rooms


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_point_one_way(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]
    for file in files:
        assert imports(file) - {room} <= ALLOWED[room], file


def test_every_room_is_listed() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert rooms - set(ALLOWED) == {"__init__", "__main__", "api", "cli", "pipeline"}


def loaded(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after running `code`."""
    script = f"{code}\nimport sys; print(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


def test_help_loads_neither_torch_nor_opencv() -> None:
    modules = loaded("import vidmotion.cli.main, vidmotion")
    assert not modules & {"torch", "cv2", "av", "ai_edge_litert", "numpy"}


def test_training_loads_no_detector_and_no_opencv() -> None:
    modules = loaded("import vidmotion.train.pose3d_recipe, vidmotion.evaluate.pose3d, vidmotion.cli.train, accelerate")
    assert not modules & {"cv2", "av", "ai_edge_litert", "platformdirs"}


def test_exporters_need_no_torch() -> None:
    assert "torch" not in loaded("import vidmotion.io.scene.formats, vidmotion.rendering")


def test_public_names_are_pinned() -> None:
    names = ["LiftSettings", "Pipeline", "Settings", "detect", "export", "lift", "load", "read_keypoints", "render"]
    assert sorted(vidmotion.__all__) == names
    assert all(callable(getattr(vidmotion, name)) for name in names)
