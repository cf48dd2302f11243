"""The converter of MoveNet: a small graph, and the shipped files byte for byte (slow, as it needs a large archive)."""

import base64
import json
import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from vidmotion.detectors.litert import Network

pytest.importorskip("ai_edge_litert")
from tools.movenet import convert

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "weights/detectors"
ARCHIVE = "VIDMOTION_MOVENET_ARCHIVE"
"""Environment variable: the path of the source archive. Without it, npm downloads the archive."""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def convolution(name: str, inputs: list[str], fused: list[str], kind: str = "_FusedConv2D") -> convert.Node:
    attributes = {
        "strides": {"list": {"i": ["1", "2", "2", "1"]}},
        "padding": {"s": encoded("SAME")},
        "fused_ops": {"list": {"s": [encoded(operation) for operation in fused]}},
    }
    return {"name": name, "op": kind, "input": inputs, "attr": attributes}


def small_model() -> tuple[bytes, bytes]:
    """A convolution, a depthwise one, doubling and a head; all kernels have one cell."""
    doubling = {"name": "large", "op": "ResizeBilinear", "input": ["deep"], "attr": {"half_pixel_centers": {"b": True}}}
    nodes = [
        convolution("first", ["picture", "kernel", "bias"], ["BiasAdd", "Relu6"]),
        convolution("deep", ["first", "factors"], [], "DepthwiseConv2dNative"),
        doubling,
        {"name": "sum", "op": "AddV2", "input": ["large", "large:0"], "attr": {}},
        convolution("center_0/BiasAdd", ["sum", "mean", "none"], ["BiasAdd"]),
    ]
    arrays = {
        "kernel": np.array([[1, 0], [0, 2], [0, 0]], np.float16).reshape(1, 1, 3, 2),
        "bias": np.array([1, 2], np.float16),
        "factors": np.array([0.5, 2], np.float16).reshape(1, 1, 2, 1),
        "mean": np.array([0.5, 0.5], np.float16).reshape(1, 1, 2, 1),
        "none": np.array([0], np.float16),
    }
    entries = [
        {"name": name, "shape": list(array.shape), "dtype": "float32", "quantization": {"dtype": "float16"}}
        for name, array in arrays.items()
    ]
    description = {"modelTopology": {"node": nodes}, "weightsManifest": [{"weights": entries}]}
    return json.dumps(description).encode(), b"".join(array.tobytes() for array in arrays.values())


def test_a_small_graph() -> None:
    content = convert.Converter(convert.Graph.read(*small_model()), 32, 64).convert()
    (output,) = Network(Path("small.tflite"), 1, content).run(np.full((32, 64, 3), 255, np.float32))
    assert output.shape == (1, 8, 16, 1)
    # 255 is 1 in the network's range: relu6(1 + 1) * 0.5 = 1 and relu6(2 + 2) * 2 = 8, doubled, and their mean.
    assert np.allclose(output, 9, atol=1e-3)


def test_another_archive_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.tgz"
    other.write_bytes(b"other")
    with pytest.raises(ValueError, match="wanted adbc8799"):
        convert.convert_archive(other, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def other_versions() -> list[str]:
    """The pinned packages that are installed in another version."""
    lines = (ROOT / "tools/movenet/requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if "==" in line]
    return [f"{name}=={wanted}" for name, wanted in pins if version(name) != wanted]


def find_source(folder: Path) -> Path:
    """The source archive; npm downloads it into `folder` unless the environment variable gives its path."""
    if given := os.environ.get(ARCHIVE):
        return Path(given)
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"needs npm, or the path of the archive in {ARCHIVE}")
    command = [npm, "pack", convert.SOURCE, "--pack-destination", str(folder)]
    if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode:
        pytest.skip(f"npm cannot download {convert.SOURCE}; set {ARCHIVE} to the path of the archive")
    return next(folder.glob("*.tgz"))


@pytest.mark.slow
def test_converts_to_the_shipped_bytes(tmp_path: Path) -> None:
    if others := other_versions():
        pytest.skip(f"needs {', '.join(others)}")
    for path in convert.convert_archive(find_source(tmp_path), tmp_path / "out"):
        assert path.read_bytes() == (SHIPPED / path.name).read_bytes()
