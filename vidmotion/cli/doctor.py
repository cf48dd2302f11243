"""`vidmotion doctor`: what works on this machine, what to do about what does not, and what would be faster."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from rich.table import Table

import vidmotion
from vidmotion.cli.console import results
from vidmotion.cli.speed_advice import speed_advice
from vidmotion.cli.weights import remedy

PACKAGES = ("torch", "numpy", "av", "opencv-python-headless", "ai-edge-litert", "safetensors")
EXTRAS = {
    "numba": "pip install numba draws meshes and writes long JSON about 10 times faster, and renders labelled footage",
    "mmpose": "pip install 'vidmotion[mmpose]' runs RTMPose and your own mmpose models, in an environment of its own",
    "rtmlib": "pip install 'vidmotion[rtmlib]' runs RTMPose and RTMW on ONNX Runtime; see guides/rtmlib about OpenCV",
    "h5py": "pip install 'vidmotion[h5]' reads DeepLabCut's H5",
    "ezc3d": "pip install 'vidmotion[c3d]' writes C3D files",
    "matplotlib": "pip install 'vidmotion[plot]' draws joint angles (measure --plot)",
    "accelerate": "pip install 'vidmotion[train]' trains networks",
    "ray": "pip install 'vidmotion[batch]' runs a batch on several machines",
    "smplx": "pip install 'vidmotion[smpl]' poses your own SMPL files; non-commercial research only, never needed",
}
"""Packages that the program works without, and how to get them."""


def doctor() -> None:
    """Check versions, devices and weights on this machine, and say what would be faster."""
    table = Table("", "what", "found", "to do", box=None)
    table.add_row("ok", "vidmotion", vidmotion.__version__, "")
    table.add_row("ok", "Python", platform.python_version(), "")
    for name in PACKAGES:
        table.add_row(*_package(name))
    for name, gain in EXTRAS.items():
        table.add_row(*_package(name, gain))
    for row in [*_devices(), _encoder(), *_weights()]:
        table.add_row(*row)
    results.print(table)
    for line in speed_advice():
        results.print(f"faster: {line}", soft_wrap=True, highlight=False)


def _row(good: bool, what: str, found: str, remedy: str) -> tuple[str, str, str, str]:
    return ("ok" if good else "--", what, found, "" if good else remedy)


def _package(name: str, remedy: str = "") -> tuple[str, str, str, str]:
    try:
        return _row(True, name, version(name), "")
    except PackageNotFoundError:
        return _row(False, name, "missing", remedy or f"pip install {name}")


def _devices() -> list[tuple[str, str, str, str]]:
    from vidmotion.devices import available

    remedies = {
        "cuda": "needs an NVIDIA GPU and a CUDA build of torch",
        "mps": "needs a Mac with Apple silicon",
    }
    return [
        _row(here, f"device {name}", "here" if here else "not here", remedies.get(name, ""))
        for name, here in available().items()
    ]


def _encoder() -> tuple[str, str, str, str]:
    import av

    from vidmotion.video.writer import ENCODER

    here = ENCODER in av.codecs_available
    return _row(here, "H.264 encoder", ENCODER if here else "missing", "pip install --force-reinstall av")


def _weights() -> list[tuple[str, str, str, str]]:
    from vidmotion.weights import list_weights

    return [
        _row(
            item.path is not None,
            item.name,
            str(item.path or "not here"),
            remedy(item),
        )
        for item in list_weights()
    ]
