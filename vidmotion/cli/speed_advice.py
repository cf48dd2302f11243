"""What would make this machine faster, one line each: only what is so here, and what the user can change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from vidmotion.detectors.rtmlib_detector import providers_of_onnxruntime
from vidmotion.processes import usable_cores

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""A container's limit in Linux (cgroup v2): microseconds of CPU time, or "max", in a period of microseconds."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables that tell torch how many threads to run."""


def speed_advice() -> list[str]:
    """One line for each thing that would be faster."""
    import av
    import torch

    cores = usable_cores()
    found = [
        _gpu(shutil.which("nvidia-smi") is not None, torch.version.cuda, torch.cuda.is_available()),
        _onnxruntime(providers_of_onnxruntime(), torch.cuda.is_available()),
        _allowed_cores(cores, os.cpu_count() or cores),
        _threads(
            torch.get_num_threads(), cores, cpu_limit(CPU_LIMIT), [name for name in THREADS if name in os.environ]
        ),
        _vector_units(torch.backends.cpu.get_cpu_capability()),
        _busy(os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0, cores),  # not on Windows
        _kept_loops(_loops_folder()),
        _av1(av.codecs_available),
    ]
    return [line for line in found if line is not None]


def cpu_limit(path: Path) -> float | None:
    """The CPUs' worth of time that a container may use; None without a limit."""
    try:
        quota, period = path.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # no such file, or "max"
        return None


def _loops_folder() -> str | None:
    """Where numba keeps compiled loops; empty if it cannot, None without numba."""
    if find_spec("numba") is None:
        return None
    from vidmotion.io.scene.number_text_numba import write_rows

    return write_rows.stats.cache_path or ""


def _gpu(has_driver: bool, cuda: str | None, visible: bool) -> str | None:
    if not has_driver or visible:
        return None
    if cuda is None:
        return "an NVIDIA GPU is here, but torch is a build for CPUs: install a CUDA build (pytorch.org)"
    return f"an NVIDIA GPU is here, but torch's CUDA {cuda} cannot use it: update its driver (nvidia-smi shows it)"


def _onnxruntime(providers: Sequence[str] | None, gpu: bool) -> str | None:
    if providers is None or not gpu or "CUDAExecutionProvider" in providers:
        return None
    return "onnxruntime does not use the GPU, so neither does rtmlib: install onnxruntime-gpu in its place"


def _allowed_cores(cores: int, installed: int) -> str | None:
    if cores >= installed:
        return None
    return f"this process may use {cores} of {installed} cores (taskset, a scheduler or a container): allow more"


def _threads(threads: int, cores: int, limit: float | None, chosen: Sequence[str]) -> str | None:
    if limit is not None and limit < 0.75 * threads:
        return (
            f"this container may use the time of {limit:.3g} CPUs, but torch runs {threads} threads, which wait for "
            f"each other: set OMP_NUM_THREADS={max(1, round(limit))}, or raise the limit"
        )
    # Without the variables, torch's own choice counts: one thread for each physical core.
    if threads < cores and limit is None and chosen:
        return f"torch uses {threads} of {cores} cores: unset {' and '.join(chosen)}"
    return None


def _vector_units(capability: str) -> str | None:
    if capability != "DEFAULT":
        return None
    return "torch finds no AVX2: in a virtual machine, choose the host's type of CPU"


def _busy(load: float, cores: int) -> str | None:
    if load <= cores:
        return None
    return f"other programs are waiting for the cores (load {load:.0f} with {cores} cores): stop some"


def _kept_loops(folder: str | None) -> str | None:
    if folder != "":
        return None
    return "numba compiles its loops in every run, as it can keep them nowhere: set NUMBA_CACHE_DIR to a folder"


def _av1(codecs: set[str]) -> str | None:
    return None if "libdav1d" in codecs else "AV1 is decoded slowly, as this PyAV has no dav1d: reinstall av"
