"""Imports point one way, and a command loads only what it needs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import vidmotion

PACKAGE = Path(vidmotion.__file__).parent
FIRST = {"types", "errors", "choices", "skeletons", "geometry", "processes", "progress"}
ALLOWED: dict[str, set[str]] = {
    "short_repr": set(),
    "types": {"short_repr"},
    "errors": set(),
    "choices": set(),
    "progress": set(),
    "processes": set(),
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
    "measurements": FIRST | {"body", "io"},
    "rendering": FIRST | {"video"},
    "viewer": FIRST | {"body", "io", "rendering", "video"},
    "live": FIRST | {"detectors", "lifting", "model", "rendering", "settings", "tracking", "video", "viewer"},
    "data": FIRST | {"body", "detectors", "io", "model", "tracking"},
    "evaluate": FIRST | {"actions", "body", "model", "data", "tracking"},
    "train": FIRST | {"body", "data", "evaluate", "io", "model"},
    "detection": FIRST | {"detectors", "lifting", "settings", "tracking", "video"},
    "pipeline": FIRST
    | {"actions", "body", "detection", "detectors", "devices", "lifting", "model", "settings", "tracking", "video"}
    | {"weights"},
    "api": FIRST | {"body", "io", "pipeline", "rendering", "settings", "viewer"},
    "batch": FIRST | {"detection", "io", "pipeline", "rendering", "settings", "tracking", "video"},
}


def imported_names(path: Path) -> set[str]:
    """Full names of the modules that a file imports, and of what it imports from `vidmotion` itself."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "vidmotion":
            names |= {f"vidmotion.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def imports(path: Path) -> set[str]:
    """The rooms of vidmotion that a file imports."""
    return {name.split(".")[1] for name in imported_names(path) if name.startswith("vidmotion.")}


def imported_modules(path: Path) -> set[str]:
    """The top-level modules that a file imports."""
    return {name.split(".")[0] for name in imported_names(path)}


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_point_one_way(room: str) -> None:
    files = sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]
    for file in files:
        assert imports(file) - {room} <= ALLOWED[room], file


def test_every_room_is_listed() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert rooms - set(ALLOWED) == {"__init__", "__main__", "cli"}


def test_rooms_form_no_cycle() -> None:
    """Except `io` and `body`: formats are written from bodies, and bodies are read with the safe pickles of `io`."""
    above = {room: set(below) for room, below in ALLOWED.items()}
    above["body"] -= {"io"}
    while free := {room for room, below in above.items() if not below}:
        above = {room: below - free for room, below in above.items() if room not in free}
    assert above == {}


def test_only_the_command_line_imports_itself() -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.relative_to(PACKAGE).parts[0] not in {"cli", "__main__.py"}:
            assert "cli" not in imports(file), file


def test_only_synthetic_data_imports_detectors() -> None:
    for file in (PACKAGE / "data").rglob("*.py"):
        if "synthetic" not in file.parts:
            assert not imports(file) & {"detectors", "tracking"}, file


def test_the_package_imports_neither_tools_nor_tests() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert not imported_modules(file) & {"tools", "tests", "benchmarks"}, file


def loaded(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after running `code`."""
    script = f"{code}\nimport sys; print(' '.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


def test_help_loads_neither_torch_nor_opencv() -> None:
    modules = loaded("import vidmotion.cli.main, vidmotion")
    assert not modules & {"torch", "cv2", "av", "ai_edge_litert", "numba", "numpy"}


def test_training_loads_no_detector_and_no_opencv() -> None:
    modules = loaded("import vidmotion.train.pose3d_recipe, vidmotion.evaluate.pose3d, vidmotion.cli.train, accelerate")
    assert not modules & {"cv2", "av", "ai_edge_litert", "platformdirs"}


def test_exporters_need_no_torch() -> None:
    assert "torch" not in loaded("import vidmotion.io.scene.formats, vidmotion.rendering, vidmotion.viewer")


def test_public_names_are_pinned() -> None:
    values = [
        "Actions",
        "BodyMotion",
        "Camera",
        "Contacts",
        "Keypoints2D",
        "Motion",
        "Person",
        "Scene",
        "Segment",
        "Track",
    ]
    choices = ["BoneNames", "Device", "Format", "Head", "Markers", "Settings", "Smoothing", "Style", "View"]
    errors = [
        "DiskFullError",
        "InputError",
        "MissingExtraError",
        "NobodyFoundError",
        "OutputError",
        "StoppedError",
        "VideoError",
        "VidmotionError",
        "WeightsError",
    ]
    verbs = ["Pipeline", "detect", "export", "lift", "load", "read_keypoints", "render", "view"]
    names = sorted([*values, *choices, *errors, *verbs])
    assert list(vidmotion.__all__) == names
    assert all(callable(getattr(vidmotion, name)) for name in names)
