"""`doctor` says what would be faster here, and nothing where all is well."""

from pathlib import Path

import pytest

from vidmotion.cli import speed_advice


@pytest.mark.parametrize(
    ("text", "limit"),
    [("200000 100000\n", 2.0), ("50000 100000\n", 0.5), ("max 100000\n", None), ("", None)],
)
def test_limit_of_a_container(tmp_path: Path, text: str, limit: float | None) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(text)
    assert speed_advice.cpu_limit(path) == limit
    assert speed_advice.cpu_limit(tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (speed_advice._gpu(True, None, False), "build for CPUs: install a CUDA build"),
        (speed_advice._gpu(True, "12.8", False), "CUDA 12.8 cannot use it: update its driver"),
        (speed_advice._onnxruntime(["CPUExecutionProvider"], True), "install onnxruntime-gpu"),
        (speed_advice._allowed_cores(2, 64), "2 of 64 cores"),
        (speed_advice._threads(64, 64, 2.0, []), "set OMP_NUM_THREADS=2"),
        (speed_advice._threads(1, 8, None, ["OMP_NUM_THREADS"]), "torch uses 1 of 8 cores: unset OMP_NUM_THREADS"),
        (speed_advice._vector_units("DEFAULT"), "no AVX2"),
        (speed_advice._busy(14.2, 2), "load 14 with 2 cores"),
        (speed_advice._kept_loops(""), "set NUMBA_CACHE_DIR"),
        (speed_advice._av1({"libaom-av1"}), "reinstall av"),
    ],
)
def test_what_to_do(line: str | None, words: str) -> None:
    assert line is not None
    assert words in line


@pytest.mark.parametrize(
    "line",
    [
        speed_advice._gpu(True, "12.8", True),
        speed_advice._gpu(False, None, False),
        speed_advice._onnxruntime(None, True),
        speed_advice._onnxruntime(["CPUExecutionProvider"], False),
        speed_advice._onnxruntime(["CUDAExecutionProvider", "CPUExecutionProvider"], True),
        speed_advice._allowed_cores(8, 8),
        speed_advice._threads(8, 8, None, ["OMP_NUM_THREADS"]),
        speed_advice._threads(4, 8, None, []),
        speed_advice._threads(4, 8, 4.0, ["OMP_NUM_THREADS"]),
        speed_advice._vector_units("AVX512"),
        speed_advice._busy(1.5, 2),
        speed_advice._kept_loops(None),
        speed_advice._kept_loops("/home/somebody/.cache"),
        speed_advice._av1({"libdav1d"}),
    ],
)
def test_nothing_where_all_is_well(line: str | None) -> None:
    assert line is None
