"""Trains on a GPU machine that is available for some minutes at a time and takes only some megabytes.

On the machine with the data, once:

    python -m weights.gpu_slot pack slot.zip --mocap MOCAP [--footage STORE]...

On the GPU machine, in a checkout without an installation (TRAINING.md tells what to leave out), in each slot:

    python -m weights.gpu_slot train slot.zip RUN --minutes 9 [--preset medium] [--set KEY=VALUE]...

The first call unpacks the data beside RUN and starts; later ones continue from RUN/checkpoint.pt. Shortly before the
minutes are over, the run is stopped as by Ctrl-C, which saves it. Copy RUN back: `weights.safetensors` is there once
all steps are done. RUN alone is enough to continue on another machine.

Motion capture is packed without loss as differences in time with their low and high bytes apart, which compresses it
from 40 MB to 17.
"""

from __future__ import annotations

import argparse
import io
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from vidmotion.data.byte_planes import from_planes, to_planes
from vidmotion.io.atomic import atomic_path

ROOT = Path(__file__).parents[1]
DELTA = ".delta"
"""Ending of arrays that are stored as differences."""
CUDA = ("precision=bf16", "compile=true")
"""Settings that make steps faster on a GPU, and slower on a CPU."""


def encode(values: np.ndarray) -> bytes:
    """Int16 values (N, ...) as the byte planes of their differences in time."""
    change = np.diff(values, axis=0, prepend=np.int16(0)).reshape(len(values), -1)
    buffer = io.BytesIO()
    np.save(buffer, np.array(values.shape, np.int64), allow_pickle=False)
    np.save(buffer, to_planes(change.T), allow_pickle=False)
    return buffer.getvalue()


def decode(content: bytes) -> np.ndarray:
    """The int16 values that `encode` packed."""
    buffer = io.BytesIO(content)
    shape = np.load(buffer, allow_pickle=False)
    change = from_planes(np.load(buffer, allow_pickle=False)).T
    return np.cumsum(change, axis=0, dtype=np.int16).reshape(shape)


def pack(target: Path, mocap: Path, footage: list[Path]) -> None:
    """Write one file with motion capture and with light packs of footage."""
    with (
        atomic_path(target) as part,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        archive.write(mocap / "index.csv", "mocap/index.csv")
        for path in sorted(mocap.glob("*.npy")):
            values = np.load(path, allow_pickle=False)
            if values.dtype == np.int16:
                archive.writestr(f"mocap/{path.name}{DELTA}", encode(values))
            else:
                archive.write(path, f"mocap/{path.name}")
        for number, store in enumerate(footage):
            with tempfile.TemporaryDirectory() as folder:
                light = Path(folder) / "light.npz"
                _vidmotion("data", "pack", str(store), "-o", str(light))
                archive.write(light, f"footage/{number}.npz")
    print(f"wrote {target}: {target.stat().st_size / 2**20:.1f} MiB")


def unpack(source: Path, folder: Path) -> list[Path]:
    """Unpack motion capture, and footage that is not there yet. Returns the folders: footage, then motion capture."""
    mocap = folder / "mocap"
    mocap.mkdir(parents=True, exist_ok=True)
    stores = []
    with zipfile.ZipFile(source) as archive:
        for name in sorted(archive.namelist(), reverse=True):  # motion capture first
            content, kind, last = archive.read(name), Path(name).parts[0], Path(name).name
            if kind == "footage":
                stores.append(folder / f"footage-{Path(name).stem}")
                _unpack_footage(content, mocap, stores[-1])
            elif last.endswith(DELTA):
                np.save(mocap / last.removesuffix(DELTA), decode(content), allow_pickle=False)
            else:
                (mocap / last).write_bytes(content)
    return [*stores, mocap]


def _unpack_footage(content: bytes, mocap: Path, store: Path) -> None:
    if not store.exists():
        light = store.with_suffix(".npz")
        light.write_bytes(content)
        _vidmotion("data", "unpack", str(light), "--mocap", str(mocap), "-o", str(store))


def train(source: Path, run: Path, minutes: float, preset: str, settings: list[str]) -> int:
    """Start or continue a run for some minutes. Returns 0 also if it has to be continued."""
    import torch

    data = unpack(source, run.parent / f"{run.name}-data")
    resume = ["--resume"] if (run / "checkpoint.pt").exists() else []
    chosen = [f"preset={preset}", *(CUDA if torch.cuda.is_available() else ()), *settings]
    command = [
        sys.executable, "-m", "vidmotion", "train", "pose3d", "-o", str(run), *resume,
        "--config", str(ROOT / "weights" / "recipes" / "rounds.toml"),
        *(part for folder in data for part in ("--data", str(folder))),
        *(part for setting in chosen for part in ("--set", setting)),
    ]  # fmt: skip
    child = subprocess.Popen(command, cwd=ROOT)
    try:
        child.wait(timeout=60 * minutes)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGINT)
        child.wait()
    if (run / "weights.safetensors").exists():
        print(f"finished: {run / 'weights.safetensors'}")
        return 0
    print(f"to be continued from {run / 'checkpoint.pt'}")
    return 0 if (run / "checkpoint.pt").exists() else 1


def _vidmotion(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "vidmotion", *arguments], cwd=ROOT, check=True)


def main() -> int:
    """Pack or train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    packing = verbs.add_parser("pack")
    packing.add_argument("target", type=Path)
    packing.add_argument("--mocap", type=Path, required=True)
    packing.add_argument("--footage", type=Path, action="append", default=[])
    training = verbs.add_parser("train")
    training.add_argument("source", type=Path)
    training.add_argument("run", type=Path)
    training.add_argument("--minutes", type=float, default=9.0)
    training.add_argument("--preset", default="medium")
    training.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    given = parser.parse_args()
    if given.verb == "pack":
        pack(given.target.absolute(), given.mocap.absolute(), [store.absolute() for store in given.footage])
        return 0
    return train(given.source.absolute(), given.run.absolute(), given.minutes, given.preset, given.settings)


if __name__ == "__main__":
    sys.exit(main())
