"""Running TFLite files, and changing the input size of one."""

import sys
from pathlib import Path

import numpy as np
import pytest

from vidmotion import weights
from vidmotion.detectors.litert import Network, resized_model, sigmoid
from vidmotion.errors import MissingExtraError, WeightsError

CHANNELS = [1, 17, 34, 34, 2, 2]
"""Of MultiPose's outputs."""


@pytest.fixture
def multipose(movenet_files: weights.DetectorFiles) -> Path:
    return movenet_files.multipose


def outputs(path: Path, height: int, width: int) -> list[np.ndarray]:
    """Of a network for a constant picture of another size."""
    network = Network(path, 2, resized_model(path, height, width))
    return network.run(np.full((height, width, 3), 100, np.float32))


def middle(output: np.ndarray) -> np.ndarray:
    """The 8 x 8 cells in the center."""
    rows, columns = output.shape[1] // 2, output.shape[2] // 2
    return output[0, max(rows - 4, 0) : rows + 4, max(columns - 4, 0) : columns + 4]


def test_the_files_own_size_changes_nothing(multipose: Path) -> None:
    assert resized_model(multipose, 256, 256) == multipose.read_bytes()


@pytest.mark.parametrize(("height", "width"), [(96, 160), (160, 96), (32, 32)])
def test_another_size_gives_outputs_of_its_shape(multipose: Path, height: int, width: int) -> None:
    assert [one.shape for one in outputs(multipose, height, width)] == [
        (1, height // 4, width // 4, channels) for channels in CHANNELS
    ]


@pytest.mark.parametrize(("smaller", "larger"), [((32, 768), (32, 896)), ((768, 32), (896, 32))])
def test_sizes_agree_where_no_edge_is_in_reach(
    multipose: Path, smaller: tuple[int, int], larger: tuple[int, int]
) -> None:
    for one, other in zip(outputs(multipose, *smaller), outputs(multipose, *larger), strict=True):
        np.testing.assert_allclose(middle(one), middle(other), atol=1e-4)


def test_the_same_picture_gives_the_same_outputs(multipose: Path) -> None:
    network = Network(multipose, 2)
    picture = np.random.default_rng(0).uniform(0, 255, (256, 256, 3)).astype(np.float32)
    first = network.run(picture)
    network.run(picture[::-1].copy())
    for one, other in zip(first, network.run(picture), strict=True):
        np.testing.assert_array_equal(one, other)


def damage(path: Path, kind: str, source: Path) -> Path:
    content = source.read_bytes()
    if kind != "missing":
        path.write_bytes(
            {"empty": b"", "text": b"hello" * 99, "zeros": bytes(9999), "cut": content[: len(content) // 2]}[kind]
        )
    return path


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "zeros", "cut"])
def test_damaged_files(kind: str, multipose: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line that names the file, and none from LiteRT itself."""
    bad = damage(tmp_path / "bad.tflite", kind, multipose)
    with pytest.raises(WeightsError) as loading:
        Network(bad, 1)
    with pytest.raises(WeightsError) as resizing:
        resized_model(bad, 64, 64)
    for error in (loading, resizing):
        assert "\n" not in str(error.value)
        assert str(bad) in str(error.value)
    assert capfd.readouterr() == ("", "")


def test_damaged_content_is_named_after_its_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"some\.tflite cannot be run"):
        Network(tmp_path / "some.tflite", 1, b"nothing of the kind")


def test_without_litert(multipose: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(MissingExtraError, match="the detector needs ai-edge-litert"):
        resized_model(multipose, 64, 64)


def test_sigmoid() -> None:
    values = sigmoid(np.array([-1e9, -np.log(3), 0, np.log(3), 1e9]))
    np.testing.assert_allclose(values, [0, 0.25, 0.5, 0.75, 1], atol=1e-12)
