"""Is anything slower than it was? One table of ratios, each with its baseline in the same run.

    python -m benchmarks.speed [VIDEO] [--seconds 2] [--rounds 2] [--output FILE]

CPU time on one thread, as threads that wait for each other take time too. Works that are compared run alternately; the
smallest time of each counts. So other work on the machine changes the ratios little, though it changes the times.
Nothing passes or fails: compare the ratios with those of an earlier run on the same kind of machine. `--output` writes
the table to a file, too.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import torch

import vidmotion as vm
from benchmarks.lib.reference_dstformer import ReferenceDSTformer
from benchmarks.speed import mesh_render
from benchmarks.speed.json_time import random_scene
from benchmarks.speed.stages import SAMPLE
from vidmotion.body.fitting import fit_body
from vidmotion.body.load import free_body
from vidmotion.choices import CameraMode
from vidmotion.detection import VideoDetection
from vidmotion.io.atomic import write_text
from vidmotion.io.scene import number_text
from vidmotion.io.scene.formats import export, load
from vidmotion.model.dstformer import PRESETS, DSTformer
from vidmotion.processes import usable_cores
from vidmotion.rendering import mesh_shading, raster
from vidmotion.tracking.parts import read_in_parts
from vidmotion.video.reader import open_video

JSON_MINUTES = 2
MESH_FRAMES = 12


@dataclass(frozen=True)
class Row:
    """One work beside its baseline."""

    name: str
    seconds: float
    baseline: str
    baseline_seconds: float

    def __str__(self) -> str:
        ratio = self.seconds / self.baseline_seconds
        return (
            f"{self.name:34} {self.seconds:8.3f} s {ratio:7.2f} times {self.baseline} ({self.baseline_seconds:.3f} s)"
        )


def smallest(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of CPU time of each work, the smallest of several rounds; a round before them loads and compiles."""
    found = dict.fromkeys(works, float("inf"))
    for turn in range(rounds + 1):
        for name, work in works.items():
            began = time.process_time()
            work()
            if turn:
                found[name] = min(found[name], time.process_time() - began)
    return found


def lifting(video: Path, seconds: float, rounds: int) -> Iterator[Row]:
    """The steps of `lift` beside detection alone, without hands and the camera's motion."""
    alone = vm.Pipeline(vm.Settings(end=seconds, hands=False, camera=CameraMode.still), threads=1)
    whole = vm.Pipeline(vm.Settings(end=seconds), threads=1)
    hands = vm.Pipeline(vm.Settings(end=seconds, camera=CameraMode.still), threads=1).detection(video)
    camera = vm.Pipeline(vm.Settings(end=seconds, hands=False), threads=1).detection(video)
    people = whole.detect(video)
    scene = whole.lift(people)

    def decode() -> int:
        with open_video(video, end=seconds) as frames:
            return sum(1 for _ in frames)

    def read_again(detection: VideoDetection) -> None:
        reader_of = detection.second_reader_of(people)
        assert reader_of is not None
        with detection.open() as frames:
            detection.complete(people, read_in_parts(frames, reader_of))

    with tempfile.TemporaryDirectory() as folder:
        works: dict[str, Callable[[], object]] = {
            "detection alone": lambda: alone.detect(video),
            "decode": decode,
            "decode, then hands and faces": lambda: read_again(hands),
            "decode, then the camera's motion": lambda: read_again(camera),
            "detect, with hands and camera": lambda: whole.detect(video),
            "lift": lambda: whole.lift(video),
            "of that, 3D": lambda: whole.lift(people),
            "of that, bodies": lambda: [
                fit_body(free_body(), one.motion, one.track) for one in scene.people if one.motion
            ],
            "write JSON": lambda: export(scene, Path(folder) / "scene.json"),
        }
        found = smallest(works, rounds)
    baseline, first = next(iter(found.items()))
    yield from (Row(name, taken, baseline, first) for name, taken in found.items() if name != baseline)


def network(preset: str, rounds: int) -> Iterator[Row]:
    """DSTformer on one window, beside a plain implementation with the same tensors."""
    torch.manual_seed(0)
    ours, plain = DSTformer(PRESETS[preset]).eval(), ReferenceDSTformer(PRESETS[preset]).eval()
    plain.load_state_dict(ours.state_dict())
    frames = ours.config.max_frames
    x, positions = torch.randn(1, frames, ours.config.joints, 3), torch.arange(frames)
    with torch.inference_mode():
        found = smallest({"plain": lambda: plain(x, positions), "ours": lambda: ours(x)}, rounds)
    yield Row(f"DSTformer {preset}, {frames} frames", found["ours"], "a plain implementation", found["plain"])


def long_json(rounds: int) -> Iterator[Row]:
    """Writing and reading a long scene, beside Python's `json`, and its packed form beside the plain one."""
    scene = random_scene(JSON_MINUTES, hands=True)
    with tempfile.TemporaryDirectory() as folder:
        path, packed = Path(folder) / "scene.json", Path(folder) / "scene.json.gz"

        def without_numba(work: Callable[[], object]) -> None:
            with mock.patch.object(number_text, "has_numba", return_value=False):
                work()

        written = smallest(
            {
                "json": lambda: without_numba(lambda: export(scene, path)),
                "compiled": lambda: export(scene, path),
                "packed": lambda: export(scene, packed),
            },
            rounds,
        )
        read = smallest(
            {
                "json": lambda: without_numba(lambda: load(path)),
                "compiled": lambda: load(path),
                "packed": lambda: load(packed),
            },
            rounds,
        )
    for verb, found in (("write", written), ("read", read)):
        yield Row(f"{verb} JSON, {JSON_MINUTES} min, hands", found["compiled"], "Python's json", found["json"])
        yield Row(f"{verb} it packed by gzip", found["packed"], "plain text", found["compiled"])


def meshes(rounds: int) -> Iterator[Row]:
    """Posing and drawing one body with numba, beside numpy alone."""
    body, view = mesh_render.waving(0, MESH_FRAMES), mesh_render.camera(1)
    picture = np.full((*mesh_render.SIZE[::-1], 3), 90, np.uint8)

    def draw(use_numba: bool) -> None:
        for frame in range(MESH_FRAMES):
            people = [mesh_shading.PersonMesh(0, body.vertices(frame), body.faces, True)]
            mesh_shading.draw_meshes(picture, people, [view], np.ones(2), 0.9, use_numba)

    found = smallest({"numpy": lambda: draw(use_numba=False), "numba": lambda: draw(use_numba=True)}, rounds)
    yield Row(f"draw {MESH_FRAMES} meshes with numba", found["numba"], "numpy", found["numpy"])


def machine() -> str:
    """What the figures depend on."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    vectors = torch.backends.cpu.get_cpu_capability()
    return (
        f"vidmotion {vm.__version__}, Python {platform.python_version()}, torch {torch.__version__}, "
        f"{platform.machine()}, {vectors}, {usable_cores()} cores{load}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--seconds", type=float, default=2, help="of the video")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--output", type=Path, help="file to write the table to, too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    lines = [machine()]
    print(lines[0], flush=True)
    parts = [
        lifting(args.video, args.seconds, args.rounds),
        network("small", args.rounds),
        network("lite", args.rounds),
        *([long_json(args.rounds), meshes(args.rounds)] if raster.has_numba() else []),
    ]
    for part in parts:
        for row in part:
            lines.append(str(row))
            print(row, flush=True)
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write_text(args.output, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
